package main

import (
	"fmt"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// The field `message` of an EchoRequest.
type echoRequest string

// Of an EchoResponse all that is asked for, and answered.
type echoResponse struct{ pod string }

// An EchoRequest, as a server reads it: nothing of it matters.
type anyRequest struct{}

// Encodes and decodes the two by hand, so that nothing is generated.
type echoCodec struct{}

func (echoCodec) Name() string { return "proto" }

func (echoCodec) Marshal(message any) (mem.BufferSlice, error) {
	var number protowire.Number
	var text string
	switch message := message.(type) {
	case echoRequest:
		number, text = 1, string(message)
	case echoResponse:
		number, text = 2, message.pod
	default:
		return nil, fmt.Errorf("neither a request nor a response: %T", message)
	}
	bytes := protowire.AppendTag(nil, number, protowire.BytesType)
	return mem.BufferSlice{mem.SliceBuffer(protowire.AppendString(bytes, text))}, nil
}

func (echoCodec) Unmarshal(data mem.BufferSlice, message any) error {
	if _, ok := message.(*anyRequest); ok {
		return nil
	}
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
