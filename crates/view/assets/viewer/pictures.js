// Pictures of scenes: small ones for lists and small scales, whole ones for large scales. Small
// ones come from the atlas if there is one: a single bitmap, decoded once. Whole ones are decoded
// when they are visible, within a memory limit.

import { data, decode } from './data.js';
import { affineFit, warped } from './placement.js';
import { scenes } from './scenes.js';
import { emit } from './signals.js';

const SMALL = 96; // pixels of a small picture where there is no atlas
// Limit of decoded whole pictures; with many scenes each is small.
const MOST_BYTES = scenes.length > 200 ? 10e6 : 64e6;

export const smallSide = data.atlas?.side ?? SMALL;
for (const scene of scenes) {
  Object.assign(scene, { small: null, full: null, loading: {}, used: 0, fit: scene.corners && affineFit(scene.corners, scene.flat) });
}

const whole = (bitmap) => ({ bitmap, x: 0, y: 0, width: bitmap.width, height: bitmap.height, bytes: bitmap.width * bitmap.height * 4 });
let loading = Boolean(data.atlas);
/** Promise that is fulfilled when the atlas is decoded, or at once without one. */
export const atlas = loading ? decode(data.atlas.at).then((bitmap) => {
  const { side, columns } = data.atlas;
  for (const scene of scenes) {
    if (scene.thumb == null) continue;
    scene.small = { bitmap, x: scene.thumb % columns * side, y: Math.floor(scene.thumb / columns) * side, width: side, height: side };
  }
  emit('small');
}).finally(() => (loading = false)) : Promise.resolve();

// A few pictures are decoded at a time, the latest request first.
const queue = [];
let busy = 0, turn = 0;
/** Returns whether no requested picture is missing. */
export const isSettled = () => !loading && !busy && !queue.length;
/** Returns whether a scene has a picture in some size, or will never have one. */
export const hasPicture = ({ fit, small, full, picture, thumb }) => !fit || small || full || (!picture && thumb == null);
/** Requests a picture, `small` or `full`. */
export function requestPicture(scene, key) {
  if (!scene.picture || scene[key] || scene.loading[key] || (key === 'small' && scene.thumb != null)) return;
  scene.loading[key] = true;
  queue.push([scene, key]);
  next();
}
function next() {
  while (busy < 4 && queue.length) {
    const [scene, key] = queue.pop();
    if (key === 'full' && scene.used < turn - 1) { // no longer visible
      scene.loading[key] = false;
      continue;
    }
    busy++;
    decode(scene.picture, key === 'small' ? { resizeWidth: SMALL, resizeQuality: 'medium' } : {}).then((bitmap) => {
      scene[key] = whole(bitmap);
      scene.loading[key] = false;
      if (key === 'small') emit('small');
      emit('soon');
    }, () => {}).finally(() => { // a broken picture stays `loading`
      busy--;
      next();
    });
  }
}

/** Prepares a drawing: requests the whole pictures of visible scenes, the uppermost first, and
 *  frees those that were not visible for the longest time. */
export function prepare(visible, scale) {
  turn++;
  let room = MOST_BYTES;
  for (const scene of visible) {
    scene.used = turn;
    if (!scene.fit) continue;
    const side = Math.max(scene.box[2] - scene.box[0], scene.box[3] - scene.box[1]) * scale;
    // A decoded JPEG is about twenty times as large.
    if (scene.picture) room -= scene.full?.bytes ?? scene.picture[1] * 20;
    if (side > smallSide * 1.2 && room > 0 && scene.picture) requestPicture(scene, 'full');
    else requestPicture(scene, 'small');
  }
  const size = ({ full }) => full.bytes + (full.bent?.bytes ?? 0);
  for (const { small, used } of scenes) if (small && used < turn) small.bent = null;
  const decodedScenes = scenes.filter((scene) => scene.full).sort((a, b) => a.used - b.used);
  let bytes = decodedScenes.reduce((sum, scene) => sum + size(scene), 0);
  for (const scene of decodedScenes) {
    if (bytes <= MOST_BYTES || scene.used === turn) break;
    bytes -= size(scene);
    scene.full.bitmap.close();
    scene.full = null;
  }
}

/** Draws the best available picture of a scene. The context must use map coordinates. */
export function drawPicture({ ctx, scale, ratio }, scene) {
  const { fit } = scene;
  const side = fit && Math.max(scene.box[2] - scene.box[0], scene.box[3] - scene.box[1]) * scale * ratio;
  let picture = (side > smallSide * 1.2 && scene.full) || scene.small || scene.full;
  if (!picture || side < 2) return;
  if (fit.error * scale * ratio > 0.5) picture = picture.bent ??= warped(picture, fit);
  ctx.save();
  if (scene.clip) ctx.clip(scene.outline);
  ctx.transform(...(picture.matrix ?? fit.matrix));
  ctx.drawImage(picture.bitmap, picture.x, picture.y, picture.width, picture.height, 0, 0, 1, 1);
  ctx.restore();
}
