package main

import (
	"fmt"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// The field `message` of an EchoRequest.
type echoRequest string

// Of an EchoResponse all that is asked for.
type echoResponse struct{ pod string }

// Encodes and decodes the two by hand, so that nothing is generated.
type echoCodec struct{}

func (echoCodec) Name() string { return "proto" }

func (echoCodec) Marshal(message any) (mem.BufferSlice, error) {
	request, ok := message.(echoRequest)
	if !ok {
		return nil, fmt.Errorf("not a request: %T", message)
	}
	bytes := protowire.AppendTag(nil, 1, protowire.BytesType)
	return mem.BufferSlice{mem.SliceBuffer(protowire.AppendString(bytes, string(request)))}, nil
}

func (echoCodec) Unmarshal(data mem.BufferSlice, message any) error {
	response, ok := message.(*echoResponse)
	if !ok {
		return fmt.Errorf("not a response: %T", message)
	}
	for bytes := data.Materialize(); len(bytes) > 0; {
		number, kind, length := protowire.ConsumeTag(bytes)
		if length < 0 {
			return protowire.ParseError(length)
		}
		bytes = bytes[length:]
		if number == 2 && kind == protowire.BytesType {
			response.pod, _ = protowire.ConsumeString(bytes)
		}
		if length = protowire.ConsumeFieldValue(number, kind, bytes); length < 0 {
			return protowire.ParseError(length)
		}
		bytes = bytes[length:]
	}
	return nil
}
