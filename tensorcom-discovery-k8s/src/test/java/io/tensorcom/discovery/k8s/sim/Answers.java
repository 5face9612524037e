// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.sim;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;

/** Makes the messages of a server. */
public final class Answers {
  private static final Name ZONE = name("cluster.local.");

  private Answers() {}

  /** {@return a full name} */
  public static Name name(String text) {
    try {
      return Name.fromString(text);
    } catch (TextParseException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** {@return an answer without records} */
  public static Message with(FaultServers.Query query, int rcode) {
    Message answer = new Message(query.message().getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.getHeader().setRcode(rcode);
    answer.addRecord(Objects.requireNonNull(query.message().getQuestion()), Section.QUESTION);
    return answer;
  }

  /** {@return an answer that the name does not exist, with an SOA of these times} */
  public static Message nxdomain(FaultServers.Query query, long ttl, long minimum) {
    Message answer = with(query, Rcode.NXDOMAIN);
    answer.addRecord(soa(ttl, minimum), Section.AUTHORITY);
    return answer;
  }

  /** {@return an answer that the name has no such records, with an SOA of five seconds} */
  public static Message nodata(FaultServers.Query query) {
    Message answer = with(query, Rcode.NOERROR);
    answer.addRecord(soa(5, 5), Section.AUTHORITY);
    return answer;
  }

  private static Record soa(long ttl, long minimum) {
    return new SOARecord(ZONE, DClass.IN, ttl, ZONE, ZONE, 1, 60, 60, 60, minimum);
  }

  /** {@return an answer with these addresses, of whichever family was asked for} */
  public static Message addresses(FaultServers.Query query, long ttl, String... addresses) {
    Message answer = with(query, Rcode.NOERROR);
    for (String address : addresses) {
      answer.addRecord(address(query.name(), ttl, address), Section.ANSWER);
    }
    return answer;
  }

  /** {@return an A or AAAA record} */
  public static Record address(String owner, long ttl, String literal) {
    try {
      InetAddress address = InetAddress.getByName(literal);
      return literal.indexOf(':') < 0
          ? new ARecord(name(owner), DClass.IN, ttl, address)
          : new AAAARecord(name(owner), DClass.IN, ttl, address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** {@return an alias} */
  public static Record alias(String owner, long ttl, String target) {
    return new CNAMERecord(name(owner), DClass.IN, ttl, name(target));
  }

  /** {@return a service record} */
  public static Record service(
      String owner, long ttl, int priority, int weight, int port, String target) {
    return new SRVRecord(name(owner), DClass.IN, ttl, priority, weight, port, name(target));
  }
}
