// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.tensor.DType;
import io.tensorcom.transport.SocketRole;
import io.tensorcom.transport.TransportAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TensorcomUrlTest {
  @ParameterizedTest
  @CsvSource({
    "zpush, PUSH, false",
    "zpull, PULL, true",
    "zpub, PUB, true",
    "zsub, SUB, false",
    "zrpush, PUSH, true",
    "zrpull, PULL, false",
    "zrpub, PUB, false",
    "zrsub, SUB, true",
    "ZSUB, SUB, false"
  })
  void shouldBindOrConnectAsPythonWhenSchemeIsKnown(String scheme, SocketRole role, boolean binds) {
    TensorcomUrl url = TensorcomUrl.parse(scheme + "://127.0.0.1:7880");

    assertThat(url.role()).isEqualTo(role);
    assertThat(url.binds()).isEqualTo(binds);
    assertThat(url.address()).isEqualTo(TransportAddress.tcp("127.0.0.1", 7880));
  }

  @Test
  void shouldParseEveryPartWhenUrlIsFull() {
    TensorcomUrl url =
        TensorcomUrl.parse("zsub+tcp://shards.19bigdata:7880/?transport=jeromq&hwm=8#f4%00%00");

    assertThat(url.address().host()).isEqualTo("shards.19bigdata");
    assertThat(url.option("hwm")).isEqualTo("8");
    assertThat(url.topic().prefix()).containsExactly('f', '4', 0, 0);
    assertThat(TensorcomUrl.parse("zpub://*:0").address().port()).isZero();
    assertThat(TensorcomUrl.parse("zsub://[::1]:1").address())
        .hasToString("tcp://[::1]:1")
        .extracting(TransportAddress::isLocal)
        .isEqualTo(true);
    assertThat(TensorcomUrl.parse("zpub+ipc:///tmp/x").address()).hasToString("ipc:///tmp/x");
    assertThat(TensorcomUrl.parse("zpub+ipc://name").address().host()).isEqualTo("name");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense|no scheme",
        "http://x:1|unknown scheme http",
        "zsub+ws://x:1|unknown medium ws",
        "zsub+tcp+tcp://x:1|more than one medium",
        "zsub://x|no port",
        "zsub://[::1]|no port",
        "zsub://:1|no host",
        "zsub://::1:1|an IPv6 address without brackets",
        "zsub://x:0|port 0",
        "zsub://x:65536|port 65536",
        "zsub://x:1x|port 1x",
        "zsub://x:1/path|a path",
        "zsub://*:1|host * cannot be connected to",
        "zpub://example.org:1|host example.org cannot be bound",
        "zpub://*:1#topic|a topic",
        "zsub://x:1#%0|percent sign without two hexadecimal digits",
        "zsub://x:1?colour=red|unknown option colour",
        "zsub://x:1?hwm=1&hwm=1|option hwm twice",
        "zsub://x:1?hwm|option hwm without a value",
        "zsub+ipc://|no path"
      })
  void shouldSayWhatIsWrongWhenUrlIsBad(String url, String what) {
    assertThatThrownBy(() -> TensorcomUrl.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("bad URL: url=" + url + ": ")
        .hasMessageContaining(what)
        .hasMessageContaining("(expected: ");
  }

  @Test
  void shouldConfigureWhenOptionsAreGiven() {
    TensorcomConfig config =
        UrlOptions.apply(
            TensorcomConfig.defaults(),
            List.of(
                TensorcomUrl.parse(
                    "zpub://*:1?hwm=8&pool=64m&max=1k&encoding=single&slow=20ms&drain=2s&timeout=1m"),
                TensorcomUrl.parse("zpub://*:2?hwm=8")));

    assertThat(config.hwm()).isEqualTo(8);
    assertThat(config.poolBytes()).isEqualTo(64 << 20);
    assertThat(config.maxMessageBytes()).isEqualTo(1024);
    assertThat(config.slowPeerWait()).isEqualTo(Duration.ofMillis(20));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.receiveTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.toString()).contains("hwm=8", "encoding=SINGLE");
  }

  @ParameterizedTest
  @CsvSource({
    "hwm=0",
    "hwm=x",
    "hwm=99999999999",
    "pool=1",
    "pool=1t",
    "max=0",
    "encoding=json",
    "slow=5",
    "pool=999999999999g"
  })
  void shouldSayWhichOptionWhenItsValueIsBad(String option) {
    TensorcomUrl url = TensorcomUrl.parse("zpub://*:1?" + option);

    assertThatThrownBy(() -> UrlOptions.apply(TensorcomConfig.defaults(), List.of(url)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("option " + option);
  }

  @Test
  void shouldRefuseWhenUrlsOfOneSocketContradict() {
    assertThatThrownBy(
            () -> TensorSender.open("zpub://127.0.0.1:0?hwm=1", "zpub://127.0.0.1:0?hwm=2"))
        .hasMessageContaining("option hwm=2 (expected: as in the other URL: 1)");
    assertThatThrownBy(() -> TensorSender.open("zpub://127.0.0.1:0", "zpush://127.0.0.1:1"))
        .hasMessageContaining("all of one role: PUB");
    assertThatThrownBy(() -> TensorSender.open("zsub://127.0.0.1:1"))
        .hasMessageContaining("a URL that receives");
    assertThatThrownBy(() -> TensorReceiver.open()).hasMessage("no URL");
    assertThatThrownBy(() -> TensorReceiver.open("zsub://127.0.0.1:1?transport=pigeon"))
        .hasMessage("unknown transport: pigeon (expected: [jeromq, netty])");
  }

  @Test
  void shouldBeDtypeAndInfoWhenTopicIsBuilt() {
    assertThat(Topic.of(DType.FLOAT16, "img"))
        .hasToString("f2%00%00%00%00%00%00img%00%00%00%00%00");
    assertThat(Topic.parse(Topic.of(DType.UINT8).toString())).isEqualTo(Topic.of(DType.UINT8));
  }
}
