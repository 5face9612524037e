// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.transport.zmtp;

import io.tensorcom.transport.Message;
import io.tensorcom.transport.SocketRole;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection that speaks ZMTP, from its greeting to its end.
 *
 * <p>A {@link Link} drives it: it puts what arrives where {@link #readTarget()} says and reports it
 * with {@link #received}; it writes what {@link #nextWrite()} prepared and reports that with {@link
 * #written()}. A peer that breaks the protocol costs its own connection and nothing else.
 */
public final class Session {
  private enum Phase {
    GREETING,
    HANDSHAKE,
    READY,
    CLOSED
  }

  static final int SCRATCH_BYTES = 4096;

  /** How much of a message must come in each progress time, if it does not end. */
  static final int PROGRESS_BYTES = 256 << 10;

  private final SessionOptions options;
  private final Link link;
  private final SessionOwner owner;
  private final PeerCounters counters;
  private final FrameReader reader;
  private final FrameWriter writer;
  private final Heartbeat heartbeat;
  private final ByteBuffer memory;
  private final ByteBuffer scratch;
  private final byte[] greeting = new byte[Greeting.LENGTH];

  private Phase phase = Phase.GREETING;
  private int greetingLength;
  private int minor = 1;
  private boolean started;
  private boolean scratchHasRest;
  private boolean finishing;
  private boolean writing;
  private boolean outputEnded;
  private boolean gone;
  private boolean knowsEnds;
  private long heardAt;
  private long movedAt;
  private long lastProgress;
  private long deliveredAt;
  private long wroteAt;
  private Scheduler.@Nullable Timer handshakeTimer;
  private Scheduler.@Nullable Timer progressTimer;

  Session(SessionOptions options, Link link, SessionOwner owner) {
    this.options = options;
    this.link = link;
    this.owner = owner;
    this.counters = new PeerCounters(link.peer());
    boolean receives = !options.role().sends();
    this.reader =
        new FrameReader(
            receives ? options.socket().maxMessageBytes() : Limits.COMMAND_BYTES,
            options.socket().maxFrames(),
            link.readWindowBytes(),
            link.peer(),
            new Incoming(),
            options.gate(),
            this::goOnReading);
    this.memory = options.scratch().take();
    this.scratch = memory.slice(0, SCRATCH_BYTES);
    this.writer =
        new FrameWriter(
            memory.slice(SCRATCH_BYTES, FrameWriter.STAGED_BYTES),
            options.tuning().writePieceBytes(),
            m -> owner.onFlushed(this, m));
    this.heartbeat = new Heartbeat(options.scheduler(), this::silentNanos, this::fail);
    this.heardAt = options.scheduler().nanoTime();
    this.movedAt = heardAt;
    this.deliveredAt = heardAt;
    this.wroteAt = heardAt;
  }

  private final class Incoming implements FrameReader.Listener {
    @Override
    public void onCommand(ByteBuffer frame) throws ProtocolException {
      Session.this.onCommand(Command.parse(frame));
    }

    @Override
    public boolean wantsSums(ByteBuffer first) {
      return owner.wantsSums(first);
    }

    @Override
    public void onMessage(Message message) throws ProtocolException {
      if (phase != Phase.READY) {
        message.release();
        throw new ProtocolException(Refusal.FRAME, "data before READY");
      }
      deliveredAt = options.scheduler().nanoTime();
      owner.onMessage(Session.this, message);
    }
  }

  /** Begins: sends the greeting and READY at once, as the peer may wait for both. */
  public void start() {
    started = true;
    writer.control(Greeting.ours());
    writer.control(Command.ready(options.role()));
    handshakeTimer =
        options
            .scheduler()
            .schedule(
                options.socket().handshakeTimeout().toNanos(),
                () ->
                    fail(
                        new ProtocolException(
                            Refusal.HANDSHAKE_TIMEOUT,
                            "no handshake within " + options.socket().handshakeTimeout())));
    link.wakeReader();
    link.wakeWriter();
  }

  /** {@return what is counted for this peer} */
  PeerCounters counters() {
    return counters;
  }

  boolean isReady() {
    return phase == Phase.READY;
  }

  /** {@return whether the peer announced that it knows the command that tells an end} */
  boolean knowsEnds() {
    return knowsEnds;
  }

  boolean isClosed() {
    return phase == Phase.CLOSED;
  }

  // ---- reading

  /** {@return where to put what arrives next, or null while nothing may be read} */
  public @Nullable ByteBuffer readTarget() {
    if (!isReading()) {
      return null;
    }
    ByteBuffer window = reader.window();
    return window != null ? window : scratch.clear();
  }

  /** {@return how many bytes of a long body have to come before anything else happens; or 0} */
  public long awaitedBytes() {
    return reader.awaitedBytes();
  }

  private boolean isReading() {
    return started && phase != Phase.CLOSED && !scratchHasRest && !reader.isPaused();
  }

  /** Takes what was put into the buffer that {@link #readTarget()} gave. */
  public void received(int count) {
    counters.received(count);
    heardAt = options.scheduler().nanoTime();
    boolean idle = !reader.isInsideMessage();
    try {
      if (reader.window() != null) {
        reader.advance(count);
      } else {
        scratch.position(0).limit(count);
        consumeScratch();
      }
    } catch (ProtocolException e) {
      fail(e);
    }
    noteProgress(idle);
    watchProgress();
  }

  /** Tells that what had come was read, or as much of it as may be now. */
  public void readComplete() {
    owner.onReadComplete();
  }

  /** Neither single bytes nor commands between frames keep a message, and its memory, for ever. */
  private void noteProgress(boolean begun) {
    long progress = reader.progress(PROGRESS_BYTES);
    if (begun || progress != lastProgress) {
      lastProgress = progress;
      movedAt = heardAt;
    }
  }

  private void consumeScratch() throws ProtocolException {
    if (phase == Phase.GREETING) {
      readGreeting();
    }
    if (phase != Phase.GREETING) {
      reader.consume(scratch);
    }
    scratchHasRest = phase != Phase.CLOSED && scratch.hasRemaining();
  }

  private void readGreeting() throws ProtocolException {
    int count = Math.min(scratch.remaining(), Greeting.LENGTH - greetingLength);
    scratch.get(greeting, greetingLength, count);
    greetingLength += count;
    Greeting.check(greeting, greetingLength);
    if (greetingLength == Greeting.LENGTH) {
      minor = Greeting.minor(greeting);
      phase = Phase.HANDSHAKE;
    }
  }

  /** Stops reading messages, or goes on; for an owner whose queue is full. */
  void pauseReading(boolean paused) {
    reader.pause(paused);
    if (!paused) {
      goOnReading();
    }
  }

  private void goOnReading() {
    if (phase == Phase.CLOSED) {
      return;
    }
    movedAt = options.scheduler().nanoTime();
    heardAt = movedAt;
    deliveredAt = movedAt;
    try {
      reader.resume();
      if (scratchHasRest) {
        consumeScratch();
      }
    } catch (ProtocolException e) {
      fail(e);
    } finally {
      owner.onReadComplete();
    }
    if (isReading()) {
      link.wakeReader();
    }
    watchProgress();
  }

  /** While a message is incomplete and we do read, something must come in time. */
  private void watchProgress() {
    counters.reading(reader.isInsideMessage(), reader.isPaused(), heardAt);
    if (progressTimer == null && phase == Phase.READY && awaitsRest()) {
      progressTimer =
          options
              .scheduler()
              .schedule(options.tuning().progressTimeout().toNanos(), this::checkProgress);
    }
  }

  private boolean awaitsRest() {
    return reader.isInsideMessage() && !reader.isPaused();
  }

  private void checkProgress() {
    progressTimer = null;
    long patience = options.tuning().progressTimeout().toNanos();
    long silent = options.scheduler().nanoTime() - movedAt;
    if (phase != Phase.READY || !awaitsRest()) {
      return;
    }
    if (silent >= patience) {
      fail(
          new ProtocolException(
              Refusal.STALLED, "a message came too slowly or stopped in its middle"));
    } else {
      progressTimer = options.scheduler().schedule(patience - silent, this::checkProgress);
    }
  }

  private void onCommand(Command command) throws ProtocolException {
    if (phase == Phase.HANDSHAKE) {
      finishHandshake(command);
      return;
    }
    switch (command.name()) {
      case Command.READY -> throw new ProtocolException(Refusal.FRAME, "a second READY");
      case Command.ERROR -> throw peerError(command);
      case Command.PING -> {
        int ttlTenths = command.pingTtlTenths();
        writer.pong(command.pong());
        link.wakeWriter();
        heartbeat.setTtl(ttlTenths);
      }
      case Command.SUBSCRIBE -> owner.onSubscription(this, true, command.body());
      case Command.END -> owner.onEnd(this, command.body());
      case Command.CANCEL -> owner.onSubscription(this, false, command.body());
      default -> {
        // PONG, and what later versions may add, says no more than that the peer lives.
      }
    }
  }

  private static ProtocolException peerError(Command command) {
    return new ProtocolException(Refusal.PEER_ERROR, "peer says: " + command.errorReason());
  }

  private void finishHandshake(Command command) throws ProtocolException {
    if (command.name().equals(Command.ERROR)) {
      throw peerError(command);
    }
    if (!command.name().equals(Command.READY)) {
      throw new ProtocolException(Refusal.FRAME, "a command before READY");
    }
    knowsEnds = command.checkReady(options.role());
    phase = Phase.READY;
    deliveredAt = options.scheduler().nanoTime();
    cancel(handshakeTimer);
    if (options.role() == SocketRole.SUB) {
      for (byte[] topic : options.socket().topics()) {
        writer.control(Command.subscribe(topic, minor));
      }
    }
    startHeartbeat();
    owner.onReady(this);
    link.wakeWriter();
  }

  // ---- signs of life

  private void startHeartbeat() {
    long interval = options.tuning().heartbeat().toNanos();
    if (interval > 0 && !options.role().sends() && minor > 0) {
      heartbeat.pingEvery(
          interval,
          ttl -> {
            writer.control(Command.ping(ttl));
            link.wakeWriter();
          });
    }
  }

  /** Of a peer that is not read from nothing can be heard. */
  private long silentNanos() {
    return readTarget() == null ? 0 : options.scheduler().nanoTime() - heardAt;
  }

  /** {@return for how long no message has come although we would have read it} */
  long quietNanos() {
    return reader.isInsideMessage() || readTarget() == null
        ? 0
        : options.scheduler().nanoTime() - deliveredAt;
  }

  // ---- writing

  /** Prepares the next write; false while there is nothing to write. */
  public boolean nextWrite() {
    writing = phase != Phase.CLOSED && !outputEnded && writer.prepare();
    return writing;
  }

  /** {@return what to write first} */
  public ByteBuffer staged() {
    return writer.staged();
  }

  /** {@return what to write after it in the same call, or null} */
  public @Nullable ByteBuffer piece() {
    return writer.piece();
  }

  /** Tells that the prepared write has been done. */
  public void written() {
    if (phase == Phase.CLOSED) {
      // With io_uring it may be done behind the end. It was counted as not written by then.
      return;
    }
    counters.sent(writer.preparedBytes());
    wroteAt = options.scheduler().nanoTime();
    writing = false;
    writer.written();
    endOutput();
  }

  /** Counts what has been written of a write that is under way. */
  void noteWritten() {
    if (writing) {
      writer.stagedWritten(link.stagedWritten());
    }
  }

  /** Queues a message; the hold passes over. */
  void send(SharedMessage message) {
    if (writer.queued() == 0) {
      wroteAt = options.scheduler().nanoTime();
    }
    writer.enqueue(message);
    link.wakeWriter();
  }

  FrameWriter writer() {
    return writer;
  }

  /** {@return for how long nothing could be written although there was something} */
  long stuckNanos() {
    return writer.queued() == 0 ? 0 : options.scheduler().nanoTime() - wroteAt;
  }

  /** Sends what is queued, and then the end. */
  void finish() {
    if (phase != Phase.READY) {
      close();
      return;
    }
    if (finishing) {
      return;
    }
    finishing = true;
    endOutput();
  }

  /** Ends what we say once nothing is under way; an answer to a PING has to come before, or not. */
  private void endOutput() {
    if (finishing && !outputEnded && !writing && writer.queued() == 0) {
      outputEnded = true;
      link.finish();
    }
  }

  // ---- the end

  /** Ends the connection because of its peer, who is told the reason while shaking hands. */
  void fail(ProtocolException fault) {
    if (phase == Phase.CLOSED) {
      return;
    }
    if (phase == Phase.HANDSHAKE && fault.refusal() != Refusal.PEER_ERROR) {
      writer.control(Command.error(fault.refusal().label()));
      link.wakeWriter();
    }
    end(fault);
    link.close();
  }

  /** Ends the connection without a fault of the peer. */
  void close() {
    end(null);
    link.close();
  }

  private void end(@Nullable ProtocolException fault) {
    if (phase == Phase.CLOSED) {
      return;
    }
    boolean handshaking = phase != Phase.READY;
    phase = Phase.CLOSED;
    cancel(handshakeTimer);
    cancel(progressTimer);
    heartbeat.stop();
    counters.closed(handshaking);
    noteWritten();
    owner.onClosed(this, fault);
  }

  /**
   * Tells that the connection is gone. Only now is memory given back: until here the kernel may
   * have been reading or writing it.
   */
  public void closed() {
    end(null);
    if (gone) {
      return;
    }
    gone = true;
    reader.discard();
    writer.discard();
    options.scratch().giveBack(memory);
  }

  private static void cancel(Scheduler.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
