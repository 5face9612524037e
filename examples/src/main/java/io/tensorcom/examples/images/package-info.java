// SPDX-License-Identifier: Apache-2.0

/**
 * From shards or folders of images to batches: start with {@link
 * io.tensorcom.examples.images.ImageBatches}.
 */
@NullMarked
package io.tensorcom.examples.images;

import org.jspecify.annotations.NullMarked;
