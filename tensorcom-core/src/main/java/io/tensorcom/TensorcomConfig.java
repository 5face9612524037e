// SPDX-License-Identifier: Apache-2.0
package io.tensorcom;

import io.tensorcom.codec.DecodeLimits;
import io.tensorcom.codec.Encoding;
import io.tensorcom.discovery.AddressFamily;
import io.tensorcom.discovery.ServiceDiscovery;
import io.tensorcom.stream.StreamOptions;
import io.tensorcom.tensor.TensorPool;
import io.tensorcom.transport.Tuning;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link TensorSender} or {@link TensorReceiver} behaves. Immutable and thread-safe.
 *
 * <p>Options in a URL's query come before what is set here.
 */
public final class TensorcomConfig {
  /** What a receiver does with a malformed batch, beside counting it. */
  public enum OnMalformed {
    /** Logs it once in a while and goes on receiving. */
    SKIP,
    /** Throws the {@link io.tensorcom.codec.MalformedBatchException} in the caller's thread. */
    THROW
  }

  private static final TensorcomConfig DEFAULTS = new Builder().build();

  private final @Nullable String transport;
  private final @Nullable TensorPool pool;
  private final long poolBytes;
  private final int hwm;
  private final long maxMessageBytes;
  private final int maxTensors;
  private final Encoding encoding;
  private final boolean allowRankZero;
  private final Duration slowPeerWait;
  private final Duration receiveTimeout;
  private final Duration drainTimeout;
  private final OnMalformed onMalformed;
  private final Tuning tuning;
  private final @Nullable ServiceDiscovery sharedDiscovery;
  private final String discovery;
  private final AddressFamily family;
  private final Duration startTimeout;
  private final @Nullable MembershipListener membershipListener;
  private final StreamOptions streams;

  private TensorcomConfig(Builder builder) {
    this.transport = builder.transport;
    this.pool = builder.pool;
    this.poolBytes = builder.poolBytes;
    this.hwm = builder.hwm;
    this.maxMessageBytes = builder.maxMessageBytes;
    this.maxTensors = builder.maxTensors;
    this.encoding = builder.encoding;
    this.allowRankZero = builder.allowRankZero;
    this.slowPeerWait = builder.slowPeerWait;
    this.receiveTimeout = builder.receiveTimeout;
    this.drainTimeout = builder.drainTimeout;
    this.onMalformed = builder.onMalformed;
    this.tuning = builder.tuning;
    this.sharedDiscovery = builder.sharedDiscovery;
    this.discovery = builder.discovery;
    this.family = builder.family;
    this.startTimeout = builder.startTimeout;
    this.membershipListener = builder.membershipListener;
    this.streams = builder.streams;
  }

  /** {@return the defaults, as the methods of {@link Builder} give them} */
  public static TensorcomConfig defaults() {
    return DEFAULTS;
  }

  /** {@return a builder that holds the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a builder that holds these settings} */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** {@return the name of the transport, or null for the default} */
  public @Nullable String transport() {
    return transport;
  }

  /** {@return the pool to share, or null for one of its own} */
  public @Nullable TensorPool pool() {
    return pool;
  }

  /** {@return the budget of the pool that is made when none is given, in bytes} */
  public long poolBytes() {
    return poolBytes;
  }

  /** {@return the messages queued for or from one peer at most} */
  public int hwm() {
    return hwm;
  }

  /** {@return the largest message, in bytes; half of the pool's budget at most} */
  public long maxMessageBytes() {
    return maxMessageBytes;
  }

  /** {@return the tensors in a received batch at most} */
  public int maxTensors() {
    return maxTensors;
  }

  /** {@return how batches are sent; both encodings are received} */
  public Encoding encoding() {
    return encoding;
  }

  /** {@return whether tensors of rank 0 may be sent, which Python peers cannot read} */
  public boolean allowRankZero() {
    return allowRankZero;
  }

  /** {@return how long a PUB waits for a slow subscriber before it drops a batch for it} */
  public Duration slowPeerWait() {
    return slowPeerWait;
  }

  /** {@return how long {@link TensorReceiver#receive()} and iteration wait for a batch} */
  public Duration receiveTimeout() {
    return receiveTimeout;
  }

  /** {@return how long {@link TensorSender#close()} lets queued batches drain} */
  public Duration drainTimeout() {
    return drainTimeout;
  }

  /** {@return what few users change} */
  public Tuning tuning() {
    return tuning;
  }

  /** {@return what a receiver does with a malformed batch} */
  public OnMalformed onMalformed() {
    return onMalformed;
  }

  /** {@return the discovery to share, or null for one of its own} */
  public @Nullable ServiceDiscovery sharedDiscovery() {
    return sharedDiscovery;
  }

  /** {@return which discovery to open where none is shared; empty for the best there is} */
  public String discovery() {
    return discovery;
  }

  /** {@return which addresses of names are used} */
  public AddressFamily family() {
    return family;
  }

  /** {@return how long opening waits for the first endpoint of names} */
  public Duration startTimeout() {
    return startTimeout;
  }

  /** {@return what is told of streams, and which loss is tolerated} */
  public StreamOptions streams() {
    return streams;
  }

  /** {@return who is told of the endpoints behind names, or null} */
  public @Nullable MembershipListener membershipListener() {
    return membershipListener;
  }

  @Override
  public String toString() {
    return "TensorcomConfig[transport="
        + (transport == null ? "default" : transport)
        + ", pool="
        + (pool == null ? poolBytes + " bytes of its own" : pool)
        + ", hwm="
        + hwm
        + ", maxMessageBytes="
        + maxMessageBytes
        + ", maxTensors="
        + maxTensors
        + ", encoding="
        + encoding
        + ", allowRankZero="
        + allowRankZero
        + ", slowPeerWait="
        + slowPeerWait
        + ", receiveTimeout="
        + receiveTimeout
        + ", drainTimeout="
        + drainTimeout
        + ", onMalformed="
        + onMalformed
        + ", discovery="
        + (sharedDiscovery != null ? "shared" : discovery.isEmpty() ? "default" : discovery)
        + ", family="
        + family
        + ", streams="
        + streams
        + ", startTimeout="
        + startTimeout
        + ", tuning="
        + tuning
        + "]";
  }

  /** Configures senders and receivers. Not thread-safe. */
  public static final class Builder {
    private @Nullable String transport;
    private @Nullable TensorPool pool;
    private long poolBytes = TensorPool.defaultBudgetBytes();
    private int hwm = 4;
    private long maxMessageBytes = DecodeLimits.DEFAULT.maxBytes();
    private int maxTensors = DecodeLimits.DEFAULT.maxTensors();
    private Encoding encoding = Encoding.MULTIPART;
    private boolean allowRankZero;
    private Duration slowPeerWait = Duration.ofMillis(100);
    private Duration receiveTimeout = Duration.ofSeconds(60);
    private Duration drainTimeout = Duration.ofSeconds(5);
    private OnMalformed onMalformed = OnMalformed.SKIP;
    private Tuning tuning = Tuning.DEFAULT;
    private @Nullable ServiceDiscovery sharedDiscovery;
    private String discovery = "";
    private AddressFamily family = AddressFamily.AUTO;
    private Duration startTimeout = Duration.ZERO;
    private StreamOptions streams = StreamOptions.DEFAULT;
    private @Nullable MembershipListener membershipListener;

    private Builder() {}

    private Builder(TensorcomConfig config) {
      this.transport = config.transport;
      this.pool = config.pool;
      this.poolBytes = config.poolBytes;
      this.hwm = config.hwm;
      this.maxMessageBytes = config.maxMessageBytes;
      this.maxTensors = config.maxTensors;
      this.encoding = config.encoding;
      this.allowRankZero = config.allowRankZero;
      this.slowPeerWait = config.slowPeerWait;
      this.receiveTimeout = config.receiveTimeout;
      this.drainTimeout = config.drainTimeout;
      this.onMalformed = config.onMalformed;
      this.tuning = config.tuning;
      this.sharedDiscovery = config.sharedDiscovery;
      this.discovery = config.discovery;
      this.family = config.family;
      this.startTimeout = config.startTimeout;
      this.streams = config.streams;
      this.membershipListener = config.membershipListener;
    }

    /** Chooses a transport by name; the default is what the library finds best. */
    public Builder transport(String transport) {
      this.transport = Objects.requireNonNull(transport, "transport");
      return this;
    }

    /** Shares a pool, which stays the caller's to close; by default each socket has its own. */
    public Builder pool(TensorPool pool) {
      this.pool = Objects.requireNonNull(pool, "pool");
      return this;
    }

    /**
     * Sets the budget of a pool of its own, in bytes, at least 65,536; default {@link
     * TensorPool#defaultBudgetBytes()}.
     */
    public Builder poolBytes(long poolBytes) {
      this.poolBytes = atLeast(poolBytes, 65_536, "poolBytes");
      return this;
    }

    /**
     * Sets the messages queued for or from one peer at most; default 4. With the Netty transport,
     * those that are a mebibyte or less together are not counted.
     */
    public Builder hwm(int hwm) {
      this.hwm = (int) atLeast(hwm, 1, "hwm");
      return this;
    }

    /** Sets the largest message, in bytes; default 256 MiB, never more than half of the pool. */
    public Builder maxMessageBytes(long maxMessageBytes) {
      this.maxMessageBytes = atLeast(maxMessageBytes, 1, "maxMessageBytes");
      return this;
    }

    /** Sets the tensors in a received batch at most; default 128. */
    public Builder maxTensors(int maxTensors) {
      this.maxTensors = (int) atLeast(maxTensors, 1, "maxTensors");
      return this;
    }

    /** Sets how batches are sent; default {@link Encoding#MULTIPART}. */
    public Builder encoding(Encoding encoding) {
      this.encoding = Objects.requireNonNull(encoding, "encoding");
      return this;
    }

    /** Allows sending tensors of rank 0, which Python peers cannot read; default false. */
    public Builder allowRankZero(boolean allowRankZero) {
      this.allowRankZero = allowRankZero;
      return this;
    }

    /** Sets how long a PUB waits for a slow subscriber before it drops; default 100 ms. */
    public Builder slowPeerWait(Duration slowPeerWait) {
      this.slowPeerWait = notNegative(slowPeerWait, "slowPeerWait");
      return this;
    }

    /** Sets how long {@link TensorReceiver#receive()} waits for a batch; default 60 s. */
    public Builder receiveTimeout(Duration receiveTimeout) {
      this.receiveTimeout = notNegative(receiveTimeout, "receiveTimeout");
      return this;
    }

    /** Sets how long {@link TensorSender#close()} lets queued batches drain; default 5 s. */
    public Builder drainTimeout(Duration drainTimeout) {
      this.drainTimeout = notNegative(drainTimeout, "drainTimeout");
      return this;
    }

    /** Sets what a receiver does with a malformed batch; default {@link OnMalformed#SKIP}. */
    public Builder onMalformed(OnMalformed onMalformed) {
      this.onMalformed = Objects.requireNonNull(onMalformed, "onMalformed");
      return this;
    }

    /** Sets what few users change; default {@link Tuning#DEFAULT}. */
    public Builder tuning(Tuning tuning) {
      this.tuning = Objects.requireNonNull(tuning, "tuning");
      return this;
    }

    /** Shares a discovery for names, which stays the caller's to close. */
    public Builder discovery(ServiceDiscovery shared) {
      this.sharedDiscovery = Objects.requireNonNull(shared, "shared");
      return this;
    }

    /**
     * Chooses the discovery for names, for example {@code dns}, {@code jvm} or {@code
     * static:a:1,b:2}; by default the one of the highest priority on the class path.
     */
    public Builder discovery(String choice) {
      this.discovery = Objects.requireNonNull(choice, "choice");
      this.sharedDiscovery = null;
      return this;
    }

    /**
     * Sets which addresses of names are used; default {@link AddressFamily#AUTO}. A shared
     * discovery has been told already.
     */
    public Builder family(AddressFamily family) {
      this.family = Objects.requireNonNull(family, "family");
      return this;
    }

    /** Sets what senders tell of their streams, and which loss a receiver tolerates. */
    public Builder streams(StreamOptions streams) {
      this.streams = Objects.requireNonNull(streams, "streams");
      return this;
    }

    /**
     * Sets how long opening waits for the first endpoint of names before it fails; default zero: it
     * does not wait, and never fails for want of endpoints.
     */
    public Builder startTimeout(Duration startTimeout) {
      this.startTimeout = notNegative(startTimeout, "startTimeout");
      return this;
    }

    /** Sets who is told of the endpoints behind names as they come and go. */
    public Builder membershipListener(MembershipListener listener) {
      this.membershipListener = Objects.requireNonNull(listener, "listener");
      return this;
    }

    Builder tuneStreams(UnaryOperator<StreamOptions> change) {
      return streams(change.apply(streams));
    }

    Builder tune(UnaryOperator<Tuning> change) {
      return tuning(change.apply(tuning));
    }

    /** {@return the configuration} */
    public TensorcomConfig build() {
      return new TensorcomConfig(this);
    }

    private static long atLeast(long value, long lowest, String name) {
      if (value < lowest) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + lowest + ")");
      }
      return value;
    }

    private static Duration notNegative(Duration value, String name) {
      if (value.isNegative()) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
      }
      return value;
    }
  }
}
