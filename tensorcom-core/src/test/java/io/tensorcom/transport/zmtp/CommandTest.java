// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.ascii;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.property;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tensorcom.stream.EndNotice;
import io.tensorcom.transport.SocketRole;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read from commands, beyond what a conversation shows. */
final class CommandTest {
  private static Command command(String name, byte[] body) throws ProtocolException {
    byte[] frame = Command.frame(name, body);
    int header = frame[0] == FrameReader.COMMAND ? 2 : 9;
    return Command.parse(ByteBuffer.wrap(frame).slice(header, frame.length - header));
  }

  @Test
  void shouldReadPropertiesWhenAPeerSpellsTheirNamesInAnotherCase() throws ProtocolException {
    byte[] type = property("SOCKET-type", "PULL");

    assertThat(command("READY", type).checkReady(SocketRole.PUSH)).isFalse();
    byte[] both = join(type, property("x-TENSORCOM", "1"));
    assertThat(command("READY", both).checkReady(SocketRole.PUSH)).isTrue();
  }

  @Test
  void shouldReadThePromiseOfAPingWithoutASign() throws ProtocolException {
    assertThat(command("PING", new byte[] {-1, -2}).pingTtlTenths()).isEqualTo(0xFFFE);
  }

  @Test
  void shouldShowOnlyPrintableCharactersOfAReason() throws ProtocolException {
    byte[] reason = join(ascii("no\n"), new byte[] {0, 27, 127, (byte) 0xE9}, ascii(" ~"));
    byte[] body = join(new byte[] {(byte) reason.length}, reason);

    assertThat(command("ERROR", body).errorReason()).isEqualTo("no????? ~");
    assertThat(command("ERROR", new byte[0]).errorReason()).isEmpty();
  }

  @Test
  void shouldKnowTheEndOfTheStreamFromThatOfAnEpoch() {
    for (boolean last : new boolean[] {true, false}) {
      ByteBuffer body = Command.end(new EndNotice(-1, 3, 5, 7, last).encode());
      assertThat(Command.endsStream(body)).isEqualTo(last);
      assertThat(Command.endsStream(body.limit(body.limit() - Long.BYTES))).isFalse();
    }
  }

  private static byte[] vector(String name) throws IOException {
    try (InputStream file = CommandTest.class.getResourceAsStream("/vectors/extension/" + name)) {
      return Objects.requireNonNull(file).readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"end-of-epoch", "end-of-stream"})
  void shouldReadAndWriteTheSameEndWhenAnotherImplementationWroteIt(String name) throws Exception {
    JsonNode fields = new ObjectMapper().readTree(vector("manifest.json")).get(name);
    boolean last = fields.get("last_of_stream").asBoolean();
    EndNotice end =
        new EndNotice(
            Long.parseUnsignedLong(fields.get("stream_id").asText(), 16),
            fields.get("last_sequence").asLong(),
            fields.get("epoch").asLong(),
            fields.get("batches").asLong(),
            last);
    ByteBuffer body = ByteBuffer.wrap(vector(name + ".command"));

    Command command = Command.parse(body);

    assertThat(command.name()).isEqualTo(Command.END);
    assertThat(EndNotice.decode(command.body())).isEqualTo(end);
    assertThat(Command.endsStream(body)).isEqualTo(last);
    assertThat(Command.end(end.encode())).isEqualTo(body);
  }
}
