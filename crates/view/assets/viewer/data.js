// What the boot script unpacked: the description, the land, the pictures.

export const data = self.up42Map.description;
export const landBytes = self.up42Map.land;
const pictures = self.up42Map.pictures;

/** An encoded picture as a bitmap, with the pixels as the file has them: the same
 *  that were placed in Rust. */
export const decode = ([at, length], options) =>
  createImageBitmap(new Blob([pictures.subarray(at, at + length)]), { imageOrientation: 'none', ...options });
