import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The method, with EchoRequest and EchoResponse encoded and decoded by hand, so that nothing is generated. */
final class Echo {
  /** Takes the field {@code message} of an EchoRequest, and gives the field {@code pod} of an EchoResponse. */
  static final MethodDescriptor<String, String> METHOD =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("chancery.echo.v1.Echo/Echo")
          .setRequestMarshaller(new Field(1))
          .setResponseMarshaller(new Field(2))
          .build();

  /** One field of a message: a string. */
  private record Field(int number) implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      var bytes = new ByteArrayOutputStream();
      try {
        var coded = CodedOutputStream.newInstance(bytes);
        coded.writeString(number, value);
        coded.flush();
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
      return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Override
    public String parse(InputStream bytes) {
      var value = "";
      try {
        var coded = CodedInputStream.newInstance(bytes);
        for (var tag = coded.readTag(); tag != 0; tag = coded.readTag()) {
          if (WireFormat.getTagFieldNumber(tag) == number) {
            value = coded.readString();
          } else {
            coded.skipField(tag);
          }
        }
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
      return value;
    }
  }

  private Echo() {}
}
