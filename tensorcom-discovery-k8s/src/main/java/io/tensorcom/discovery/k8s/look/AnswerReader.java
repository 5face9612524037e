// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.k8s.explain.Outcome;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Finds in a message what answers a question, and nothing else: records of other owners are passed
 * over. The time to live is the lowest along the chain of aliases, of a negative answer the lower
 * of the SOA's own and its minimum (RFC 2308 section 5).
 */
final class AnswerReader {
  private static final int MAX_ALIASES = 16;

  private AnswerReader() {}

  static Answer read(Message message, Name asked, int type) {
    return switch (message.getRcode()) {
      case Rcode.NOERROR, Rcode.NXDOMAIN -> follow(message, asked, type);
      case Rcode.SERVFAIL -> Answer.failed(Outcome.SERVFAIL);
      default -> Answer.failed(Outcome.REFUSED);
    };
  }

  private static Answer follow(Message message, Name asked, int type) {
    List<Record> records = message.getSection(Section.ANSWER);
    Name owner = asked;
    Set<Name> seen = new HashSet<>();
    long ttl = Long.MAX_VALUE;
    while (true) {
      List<Record> found = matching(records, owner, type);
      if (!found.isEmpty()) {
        return found(message, found, ttl);
      }
      List<Record> aliases = matching(records, owner, Type.CNAME);
      if (aliases.isEmpty() || !(aliases.get(0) instanceof CNAMERecord alias)) {
        break;
      }
      if (!seen.add(owner) || seen.size() > MAX_ALIASES) {
        return Answer.failed(Outcome.LOOP);
      }
      ttl = Math.min(ttl, alias.getTTL());
      owner = alias.getTarget();
    }
    SOARecord authority = authority(message);
    if (!seen.isEmpty() && authority == null && message.getRcode() == Rcode.NOERROR) {
      return new Answer(Outcome.NODATA, List.of(), List.of(), Map.of(), ttl, owner, false);
    }
    Outcome outcome = message.getRcode() == Rcode.NXDOMAIN ? Outcome.NXDOMAIN : Outcome.NODATA;
    long negative = authority == null ? -1 : Math.min(authority.getTTL(), authority.getMinimum());
    return Answer.of(outcome, negative < 0 ? -1 : Math.min(negative, ttl));
  }

  private static Answer found(Message message, List<Record> found, long chainTtl) {
    long ttl = chainTtl;
    List<InetAddress> addresses = new ArrayList<>();
    List<SRVRecord> services = new ArrayList<>();
    for (Record each : found) {
      ttl = Math.min(ttl, each.getTTL());
      InetAddress address = address(each);
      if (address != null) {
        addresses.add(address);
      } else if (each instanceof SRVRecord service) {
        services.add(service);
      }
    }
    Map<Name, List<InetAddress>> glue = services.isEmpty() ? Map.of() : glue(message, services);
    return new Answer(Outcome.FOUND, addresses, services, glue, ttl, null, false);
  }

  private static Map<Name, List<InetAddress>> glue(Message message, List<SRVRecord> services) {
    Set<Name> targets = new HashSet<>();
    services.forEach(service -> targets.add(service.getTarget()));
    Map<Name, List<InetAddress>> glue = new LinkedHashMap<>();
    for (Record each : message.getSection(Section.ADDITIONAL)) {
      InetAddress address = address(each);
      if (address != null && targets.contains(each.getName())) {
        glue.computeIfAbsent(each.getName(), name -> new ArrayList<>()).add(address);
      }
    }
    return glue;
  }

  private static @Nullable InetAddress address(Record each) {
    if (each instanceof ARecord a) {
      return a.getAddress();
    }
    return each instanceof AAAARecord aaaa ? aaaa.getAddress() : null;
  }

  private static List<Record> matching(List<Record> records, Name owner, int type) {
    return records.stream()
        .filter(each -> each.getType() == type && each.getName().equals(owner))
        .toList();
  }

  private static @Nullable SOARecord authority(Message message) {
    for (Record each : message.getSection(Section.AUTHORITY)) {
      if (each instanceof SOARecord soa) {
        return soa;
      }
    }
    return null;
  }
}
