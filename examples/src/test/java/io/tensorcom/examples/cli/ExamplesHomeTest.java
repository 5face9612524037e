// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorcom.BraceExpansion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExamplesHomeTest {
  private static final String PROPERTY = "tensorcom.examples.home";

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void shouldNameTheShardsWhenStartedByALauncher() {
    System.setProperty(PROPERTY, "/a{b,c}/examples");
    assertThat(BraceExpansion.expand(ExamplesHome.trainingShards()))
        .hasSize(6)
        .contains("/a{b,c}/examples/data/fashion-mnist/fashion-mnist-train-000005.tgz");
  }

  @Test
  void shouldSayWhatToDoWhenNotStartedByALauncher() {
    assertThatThrownBy(ExamplesHome::trainingShards)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("-u SHARDS");
  }
}
