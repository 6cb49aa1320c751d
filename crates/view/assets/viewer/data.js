// Data that the boot script unpacked: description, land and pictures.

export const data = self.up42Map.description;
export const landBytes = self.up42Map.land;
const pictures = self.up42Map.pictures;

/** Decodes a picture to a bitmap without applying its EXIF orientation, since Rust georeferenced
 *  the pixels of the file. */
export const decode = ([at, length], options) =>
  createImageBitmap(new Blob([pictures.subarray(at, at + length)]), { imageOrientation: 'none', ...options });
