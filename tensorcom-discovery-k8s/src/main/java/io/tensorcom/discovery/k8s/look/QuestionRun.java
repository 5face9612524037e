// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.look;

import io.tensorcom.discovery.DiscoveryThread;
import io.tensorcom.discovery.k8s.conf.ResolvConf;
import io.tensorcom.discovery.k8s.explain.Attempt;
import io.tensorcom.discovery.k8s.explain.Outcome;
import io.tensorcom.discovery.k8s.net.Exchange;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * One question, asked of one server after another until one knows.
 *
 * <p>A server that fails gives way to the next at once; one that is silent for 400 ms gets company:
 * the next is asked too, and the first answer counts, so that a lost datagram costs less than half
 * a second. When every server, or the only one twice, has been asked, a second passes before each
 * further query. A truncated answer is asked for again by TCP (RFC 7766), a server that does not
 * know EDNS is asked without (RFC 6891 section 7). Confined to one thread.
 */
final class QuestionRun {
  static final Duration HEDGE = Duration.ofMillis(400);
  private static final Duration PACE = Duration.ofSeconds(1);
  static final int UDP_PAYLOAD = 1232;
  private static final SecureRandom IDS = new SecureRandom();

  private final LookContext context;
  private final Name name;
  private final int type;
  private final Consumer<Answer> whenDone;
  private final List<InetSocketAddress> tries = new ArrayList<>();
  private final List<Exchange.Call> calls = new ArrayList<>();
  private final List<InetSocketAddress> givenUp = new ArrayList<>();
  private final List<Reply> waiting = new ArrayList<>();
  private int next;
  private int promptly;
  private long askedAt;
  private DiscoveryThread.Timer hedge = () -> {};
  private @Nullable Answer partial;
  private Outcome worst = Outcome.TIMEOUT;
  private boolean failed;
  private boolean done;

  QuestionRun(LookContext context, Name name, int type, Consumer<Answer> whenDone) {
    this.context = context;
    this.name = name;
    this.type = type;
    this.whenDone = whenDone;
  }

  void start() {
    ResolvConf conf = context.conf();
    List<InetSocketAddress> order =
        context.servers().order(conf.servers(), conf.rotate(), context.thread().nanoTime());
    for (int i = 0; i < conf.attempts(); i++) {
      tries.addAll(order);
    }
    promptly = Math.max(2, order.size());
    askNext();
  }

  /**
   * Stops asking because the time is over: what was asked until then counts as not answered.
   *
   * @return the truncated answer there is, or null
   */
  @Nullable Answer giveUp() {
    if (!done) {
      waiting.forEach(Reply::giveUp);
      cancel();
    }
    return partial;
  }

  /** Stops asking; nobody is told. */
  void cancel() {
    done = true;
    hedge.cancel();
    List.copyOf(calls).forEach(Exchange.Call::cancel);
    calls.clear();
  }

  private void askNext() {
    hedge.cancel();
    while (next < tries.size() && givenUp.contains(tries.get(next))) {
      next++;
    }
    if (next == tries.size()) {
      finishIfNobodyIsLeft();
      return;
    }
    long now = context.thread().nanoTime();
    long left = next < promptly ? 0 : askedAt + PACE.toNanos() - now;
    if (left > 0) {
      askNextAfter(Duration.ofNanos(left));
      return;
    }
    askedAt = now;
    InetSocketAddress server = tries.get(next++);
    Exchange.Protocol protocol =
        context.conf().useTcp() ? Exchange.Protocol.TCP : Exchange.Protocol.UDP;
    ask(server, protocol, context.servers().understandsEdns(server, now), true);
  }

  private void askNextAfter(Duration delay) {
    hedge.cancel();
    hedge = context.thread().schedule(delay, this::askNext);
  }

  private void ask(
      InetSocketAddress server, Exchange.Protocol protocol, boolean edns, boolean hedged) {
    int id = IDS.nextInt(1 << 16);
    Message query = new Message(id);
    query.getHeader().setFlag(Flags.RD);
    query.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
    if (edns) {
      query.addRecord(new OPTRecord(UDP_PAYLOAD, 0, 0), Section.ADDITIONAL);
    }
    Reply reply = new Reply(server, protocol, edns, id, hedged);
    waiting.add(reply);
    calls.add(
        context.exchange().ask(server, protocol, query.toWire(), context.conf().timeout(), reply));
  }

  private void finish(Answer answer) {
    cancel();
    whenDone.accept(answer);
  }

  private void finishIfNobodyIsLeft() {
    if (!done && waiting.isEmpty() && next == tries.size()) {
      Answer cut = partial;
      finish(cut != null ? cut : Answer.failed(worst));
    }
  }

  private void gaveUp(InetSocketAddress server, Outcome outcome) {
    // Of several failures the one that a server has told says most.
    if (!failed || outcome != Outcome.TIMEOUT) {
      worst = outcome;
    }
    failed = true;
    context.servers().penalise(server, context.thread().nanoTime());
    if (outcome != Outcome.TIMEOUT) {
      givenUp.add(server);
    }
    askNext();
  }

  /** Waits for the reply to one query. */
  private final class Reply implements Exchange.Handler {
    private final InetSocketAddress server;
    private final Exchange.Protocol protocol;
    private final boolean edns;
    private final int id;
    private final boolean hedged;
    private boolean sent;
    private long sentAt = context.thread().nanoTime();

    Reply(
        InetSocketAddress server,
        Exchange.Protocol protocol,
        boolean edns,
        int id,
        boolean hedged) {
      this.server = server;
      this.protocol = protocol;
      this.edns = edns;
      this.id = id;
      this.hedged = hedged;
    }

    @Override
    public void onSent() {
      sent = true;
      sentAt = context.thread().nanoTime();
      if (hedged && !done) {
        // From here on, and not from when it was asked for: it may have waited for its turn.
        askedAt = sentAt;
        askNextAfter(HEDGE);
      }
    }

    void giveUp() {
      String note = sent ? "" : "not sent: too many questions at once";
      trace(Outcome.TIMEOUT, Answer.failed(Outcome.TIMEOUT), note);
    }

    @Override
    public boolean onMessage(byte[] bytes) {
      if (done) {
        return true;
      }
      Message message = parse(bytes);
      if (message == null) {
        context.metrics().count("dropped");
        return false;
      }
      waiting.remove(this);
      int rcode = message.getRcode();
      if (edns && (rcode == Rcode.FORMERR || rcode == Rcode.NOTIMP)) {
        trace(Outcome.REFUSED, Answer.failed(Outcome.REFUSED), "does not know EDNS, asked without");
        context.servers().doesNotUnderstandEdns(server, context.thread().nanoTime());
        ask(server, protocol, false, false);
        return true;
      }
      Answer answer = AnswerReader.read(message, name, type);
      if (!message.getHeader().getFlag(Flags.TC)) {
        trace(answer.outcome(), answer, "");
        settle(answer);
      } else if (protocol == Exchange.Protocol.UDP) {
        trace(answer.outcome(), answer, "truncated, asked again by TCP");
        context.metrics().count("tcpFallback");
        keepPartial(answer);
        ask(server, Exchange.Protocol.TCP, edns, false);
      } else {
        trace(answer.outcome(), answer, "truncated even by TCP: there may be more");
        settle(keepPartial(answer));
      }
      return true;
    }

    private void settle(Answer answer) {
      if (answer.outcome().isDefinite()) {
        context.servers().answered(server);
        finish(answer);
      } else {
        gaveUp(server, answer.outcome());
      }
    }

    /** {@return the truncated answer with the most records so far} */
    private Answer keepPartial(Answer answer) {
      Answer cut = answer.cutShort();
      Answer kept = partial;
      Answer most = kept == null || cut.records() > kept.records() ? cut : kept;
      partial = most;
      return most;
    }

    @Override
    public void onFailure(Exchange.Failure failure) {
      if (done) {
        return;
      }
      waiting.remove(this);
      Outcome outcome = failure == Exchange.Failure.TIMEOUT ? Outcome.TIMEOUT : Outcome.UNREACHABLE;
      trace(outcome, Answer.failed(outcome), "");
      gaveUp(server, outcome);
    }

    /** {@return the message, or null if it does not answer this query} */
    private @Nullable Message parse(byte[] bytes) {
      try {
        Message message = new Message(bytes);
        Record question = message.getQuestion();
        boolean ours =
            message.getHeader().getID() == id
                && message.getHeader().getFlag(Flags.QR)
                && message.getHeader().getOpcode() == Opcode.QUERY
                && question != null
                && question.getType() == type
                && question.getName().equals(name);
        return ours ? message : null;
      } catch (IOException | RuntimeException e) {
        // Whatever a hostile packet makes of the parser, it does not answer the question.
        return null;
      }
    }

    private void trace(Outcome outcome, Answer answer, String note) {
      long taken = context.thread().nanoTime() - sentAt;
      String typeName = Type.string(type);
      context.metrics().query(typeName, protocol.name(), outcome, taken);
      context
          .trace()
          .accept(
              new Attempt(
                  name.toString(),
                  typeName,
                  ResolvConf.describe(server),
                  protocol.name(),
                  outcome,
                  Duration.ofNanos(taken),
                  answer.records(),
                  answer.ttl(),
                  note));
    }
  }
}
