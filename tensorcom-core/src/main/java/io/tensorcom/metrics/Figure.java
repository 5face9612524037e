// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A meter that is to be: its name, what it counts, and how that is read.
 *
 * @param <T> what it is read from
 */
record Figure<T>(
    boolean counts,
    String name,
    Tags tags,
    @Nullable String unit,
    String description,
    ToDoubleFunction<T> value) {
  /** Something that only grows. */
  static <T> Figure<T> counter(String name, String description, ToDoubleFunction<T> value) {
    return new Figure<>(true, "tensorcom." + name, Tags.empty(), null, description, value);
  }

  /** Something that comes and goes. */
  static <T> Figure<T> gauge(String name, String description, ToDoubleFunction<T> value) {
    return new Figure<>(false, "tensorcom." + name, Tags.empty(), null, description, value);
  }

  Figure<T> in(String newUnit) {
    return new Figure<>(counts, name, tags, newUnit, description, value);
  }

  Figure<T> with(String key, String tag) {
    return new Figure<>(counts, name, tags.and(key, tag), unit, description, value);
  }

  /**
   * Registers it; the registry holds on to the function. A counter does so with what is called, and
   * not with what it is called on: once that is collected as garbage, it stands still.
   */
  Meter register(MeterRegistry registry, Tags more, DoubleSupplier read) {
    return counts
        ? FunctionCounter.builder(name, registry, unused -> read.getAsDouble())
            .tags(tags.and(more))
            .baseUnit(unit)
            .description(description)
            .register(registry)
        : Gauge.builder(name, read, DoubleSupplier::getAsDouble)
            .tags(tags.and(more))
            .baseUnit(unit)
            .description(description)
            .strongReference(true)
            .register(registry);
  }
}
