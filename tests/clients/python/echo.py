"""EchoRequest and EchoResponse, encoded and decoded by hand, so that nothing is generated."""


def serialize(message):
    """An EchoRequest with this `message`, of fewer than 128 bytes."""
    data = message.encode()
    return bytes([0x0A, len(data)]) + data


def serialize_response(pod):
    """An EchoResponse of this `pod`, of fewer than 128 bytes."""
    data = pod.encode()
    return bytes([0x12, len(data)]) + data


def deserialize(data):
    """The field `pod` of an EchoResponse."""
    pod = ""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        value = varint()
        if tag & 7 == 0:
            continue
        if tag & 7 != 2:
            raise ValueError(f"an EchoResponse has no field with the tag {tag}")
        if tag >> 3 == 2:
            pod = data[at : at + value].decode()
        at += value
    return pod
