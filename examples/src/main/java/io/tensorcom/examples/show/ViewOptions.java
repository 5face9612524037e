// SPDX-License-Identifier: Apache-2.0
package io.tensorcom.examples.show;

/**
 * What is shown of a batch.
 *
 * @param unbatched whether a tensor is one image
 * @param images so many at most
 * @param cell the longest side of an image as it is shown, in pixels
 */
record ViewOptions(Mode mode, boolean unbatched, int images, int cell, ClassNames names) {}
