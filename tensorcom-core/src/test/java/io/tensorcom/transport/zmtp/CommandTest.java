// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import static io.tensorcom.transport.zmtp.Wire.ascii;
import static io.tensorcom.transport.zmtp.Wire.join;
import static io.tensorcom.transport.zmtp.Wire.property;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorcom.stream.EndNotice;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

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
}
