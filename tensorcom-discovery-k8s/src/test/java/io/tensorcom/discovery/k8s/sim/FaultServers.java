// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.discovery.k8s.sim;

import io.tensorcom.discovery.k8s.net.Exchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** A network of servers in virtual time; every query is written down. */
public final class FaultServers implements Exchange {
  /** How a query is answered. */
  public interface Script {
    /** Answers, fails, or keeps silent. */
    void onQuery(Query query);
  }

  private final ManualThread thread;
  private final List<Query> queries = new ArrayList<>();
  private final Queue<Query> turn = new ArrayDeque<>();
  private Script script = query -> {};
  private int mostAtOnce = Integer.MAX_VALUE;
  private int sent;
  private int open;

  /** Makes servers that keep silent. */
  public FaultServers(ManualThread thread) {
    this.thread = thread;
  }

  /** Sets what the servers do from now on. */
  public void script(Script newScript) {
    script = newScript;
  }

  /** Lets queries wait for their turn when there are so many. */
  public void mostAtOnce(int count) {
    mostAtOnce = count;
  }

  /** {@return all queries so far, as {@code name type server protocol}} */
  public List<String> log() {
    return queries.stream().map(Query::toString).toList();
  }

  /** {@return the names and types asked for so far} */
  public List<String> asked() {
    return queries.stream().map(query -> query.name() + " " + query.type()).toList();
  }

  /** {@return the addresses of the servers asked so far} */
  public List<String> addresses() {
    return queries.stream().map(query -> query.server.getAddress().getHostAddress()).toList();
  }

  /** Forgets the queries so far. */
  public void forget() {
    queries.clear();
  }

  /** {@return queries that wait for an answer} */
  public int open() {
    return open;
  }

  @Override
  public Call ask(
      InetSocketAddress server,
      Protocol protocol,
      byte[] bytes,
      Duration timeout,
      Handler handler) {
    Query query = new Query(server, protocol, parse(bytes), handler, timeout);
    open++;
    if (sent < mostAtOnce) {
      send(query);
    } else {
      turn.add(query);
    }
    return query::end;
  }

  private void send(Query query) {
    sent++;
    query.sent = true;
    queries.add(query);
    thread.schedule(query.timeout, () -> query.fail(Failure.TIMEOUT));
    query.handler.onSent();
    thread.execute(
        () -> {
          if (query.isOpen()) {
            script.onQuery(query);
          }
        });
  }

  private static Message parse(byte[] bytes) {
    try {
      return new Message(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A query that waits for its answer. */
  public final class Query {
    private final InetSocketAddress server;
    private final Protocol protocol;
    private final Message message;
    private final Handler handler;
    private final Duration timeout;
    private boolean sent;
    private boolean ended;

    private Query(
        InetSocketAddress server,
        Protocol protocol,
        Message message,
        Handler handler,
        Duration timeout) {
      this.timeout = timeout;
      this.server = server;
      this.protocol = protocol;
      this.message = message;
      this.handler = handler;
    }

    /** {@return the query as it was sent} */
    public Message message() {
      return message;
    }

    /** {@return the name asked for, with a trailing dot} */
    public String name() {
      return question().getName().toString();
    }

    /** {@return A, AAAA or SRV} */
    public String type() {
      return Type.string(question().getType());
    }

    private Record question() {
      return Objects.requireNonNull(message.getQuestion());
    }

    /** {@return the last part of the server's address} */
    public int server() {
      return server.getAddress().getAddress()[3];
    }

    /** {@return how it was asked} */
    public Protocol protocol() {
      return protocol;
    }

    /** {@return whether nobody has answered it yet} */
    public boolean isOpen() {
      return !ended;
    }

    /** Answers at once. */
    public void answer(Message answer) {
      raw(answer.toWire());
    }

    /** Answers after a while. */
    public void answerAfter(Duration delay, Message answer) {
      thread.schedule(delay, () -> answer(answer));
    }

    /** Lets any bytes arrive; whether they are taken is the client's affair. */
    public void raw(byte[] bytes) {
      if (!ended && handler.onMessage(bytes)) {
        end();
      }
    }

    /** Fails. */
    public void fail(Failure failure) {
      if (!ended) {
        end();
        handler.onFailure(failure);
      }
    }

    private void end() {
      if (ended) {
        return;
      }
      ended = true;
      open--;
      if (!sent) {
        turn.remove(this);
        return;
      }
      FaultServers.this.sent--;
      Query next = turn.poll();
      if (next != null) {
        FaultServers.this.send(next);
      }
    }

    @Override
    public String toString() {
      return name() + " " + type() + " @" + server() + " " + protocol;
    }
  }
}
