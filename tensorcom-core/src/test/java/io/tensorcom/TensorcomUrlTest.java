// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.ServiceName;
import io.tensorcom.stream.StreamOptions;
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
        "zsub+ipc://|no path",
        "zsub://a..b:1|name a..b with an empty part",
        "zsub://a.b..:1|name a.b.. with an empty part",
        "zsub://.:1|with an empty part",
        "zsub://a b:1|name a b",
        "zsub://10.0.0.256:1|IPv4 address 10.0.0.256",
        "zsub://[fd00::g]:1|IPv6 address fd00::g",
        "zsub://[10.0.0.1]:1|IPv6 address 10.0.0.1",
        "zsub://x:1?port=zmq|port 1 where SRV records tell it",
        "zsub://_zmq._tcp.x:1|no :port with _zmq._tcp.x",
        "zsub://localhost?port=zmq|option port=zmq with host localhost",
        "zsub://10.0.0.1?port=zmq|option port=zmq with host 10.0.0.1",
        "zsub://x?port=a.b|option port=a.b",
        "zpub://*?port=zmq|option port=zmq with host *",
        "zpub://_zmq._tcp.x|names are for schemes that connect",
        "zsub+ipc://x?port=zmq|option port with a path"
      })
  void shouldSayWhatIsWrongWhenUrlIsBad(String url, String what) {
    assertThatThrownBy(() -> TensorcomUrl.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("bad URL: url=" + url + ": ")
        .hasMessageContaining(what)
        .hasMessageContaining("(expected: ");
  }

  @ParameterizedTest
  @CsvSource({
    "zsub://shards.bigdata19:7880, shards.bigdata19, 7880,",
    "zsub://shards.default.svc.cluster.local.:7880, shards.default.svc.cluster.local., 7880,",
    "zsub://19shards:1, 19shards, 1,",
    "zsub://10-0-0-1.my_shards.19x:1, 10-0-0-1.my_shards.19x, 1,",
    "zsub://10.0.0:1, 10.0.0, 1,",
    "zpush://_zmq._tcp.bigdata19, _zmq._tcp.bigdata19, 0,",
    "zrpull://_zmq._tcp.bigdata19/?hwm=2, _zmq._tcp.bigdata19, 0,",
    "zrpub://shards.bigdata19?port=zmq, shards.bigdata19, 0, zmq"
  })
  void shouldTellTheNameWhenOneIsToBeFollowed(String text, String host, int port, String portName) {
    assertThat(TensorcomUrl.parse(text).name()).isEqualTo(new ServiceName(host, port, portName));
  }

  @ParameterizedTest
  @CsvSource({
    "zsub://10.0.0.1:1",
    "zsub://[fd00::1]:1",
    "zsub://[fd00::1%lo]:7880",
    "zsub://localhost:1",
    "zsub+ipc:///tmp/x",
    "zpub://*:1",
    "zpull://127.0.0.1:0"
  })
  void shouldTellNoNameWhenTheAddressIsLiteral(String text) {
    assertThat(TensorcomUrl.parse(text).name()).isNull();
  }

  @Test
  void shouldMeasureNamesWhenTheyAreLong() {
    String label = "a".repeat(63);
    String longest = String.join(".", label, label, label, "a".repeat(61));

    assertThat(TensorcomUrl.parse("zsub://" + longest + ":1").name()).isNotNull();
    assertThat(TensorcomUrl.parse("zsub://" + longest + ".:1").name()).isNotNull();
    assertThatThrownBy(() -> TensorcomUrl.parse("zsub://" + longest + "a:1"))
        .hasMessageContaining("a name of 254 characters (expected: at most 253)");
    assertThatThrownBy(() -> TensorcomUrl.parse("zsub://" + label + "a.b:1"))
        .hasMessageContaining("a part of 64 characters");
  }

  @Test
  void shouldConfigureDiscoveryWhenOptionsSaySo() {
    TensorcomUrl url =
        TensorcomUrl.parse("zsub://x:1?discovery=static:a:1,[::1]:2&family=both&start=10s");
    TensorcomConfig config =
        UrlOptions.apply(
            TensorcomConfig.defaults(),
            List.of(
                url, TensorcomUrl.parse("zsub://y?port=a"), TensorcomUrl.parse("zsub://z?port=b")));

    assertThat(config.discovery()).isEqualTo("static:a:1,[::1]:2");
    assertThat(config.family()).isEqualTo(AddressFamily.BOTH);
    assertThat(config.startTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(TensorcomConfig.defaults().startTimeout()).isZero();
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
    "extension=false, false, false",
    "checksum=true, true, true",
    "extension=false&checksum=true, false, true"
  })
  void shouldConfigureStreamsWhenOptionsSaySo(String options, boolean extension, boolean sum) {
    TensorcomUrl url = TensorcomUrl.parse("zpub://*:1?" + options);
    TensorcomConfig config = UrlOptions.apply(TensorcomConfig.defaults(), List.of(url));

    assertThat(config.streams()).isEqualTo(new StreamOptions(extension, sum, -1));
    TensorcomUrl back = TensorcomUrl.parse("zpub://*:1?extension=true&checksum=false");
    assertThat(UrlOptions.apply(config, List.of(back)).streams()).isEqualTo(StreamOptions.DEFAULT);
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
    "family=ipv5",
    "start=-1s",
    "pool=999999999999g"
  })
  void shouldSayWhichOptionWhenItsValueIsBad(String option) {
    TensorcomUrl url = TensorcomUrl.parse("zpub://*:1?" + option);

    assertThatThrownBy(() -> UrlOptions.apply(TensorcomConfig.defaults(), List.of(url)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("option " + option);
  }

  @ParameterizedTest
  @CsvSource({
    "hwm=0, >= 1",
    "extension=no, true or false",
    "extension=, true or false",
    "checksum=TRUE, true or false",
    "checksum=1, true or false"
  })
  void shouldSayWhatIsExpectedOnceWhenAnOptionsValueIsBad(String option, String expected) {
    TensorcomUrl url = TensorcomUrl.parse("zpub://*:1?" + option);

    assertThatThrownBy(() -> UrlOptions.apply(TensorcomConfig.defaults(), List.of(url)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("option " + option + " (expected: " + expected + ")");
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
