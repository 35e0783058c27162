'use strict';

// EchoRequest and EchoResponse, encoded and decoded by hand, so that nothing is generated.

/** An EchoRequest with this `message`, of fewer than 128 bytes. */
exports.serialize = (message) => {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]);
};

/** An EchoResponse of this `pod`, of fewer than 128 bytes. */
exports.serializeResponse = (pod) => {
  const bytes = Buffer.from(pod);
  return Buffer.concat([Buffer.from([0x12, bytes.length]), bytes]);
};

/** The field `pod` of an EchoResponse. */
exports.deserialize = (bytes) => {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  let pod = '';
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) continue;
    if ((tag & 7) !== 2) throw new Error(`an EchoResponse has no field with the tag ${tag}`);
    if (tag >> 3 === 2) pod = bytes.toString('utf8', at, at + value);
    at += value;
  }
  return pod;
};
