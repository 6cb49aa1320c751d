// Scenes covered entirely by another one, which are neither decoded nor drawn.

const MOST = 64; // covering scenes that are checked

/** Returns the smallest distance of a point from the edges of a convex ring; negative outside. */
const depth = (ring, turn, [x, y]) => Math.min(...ring.map(([ax, ay], i) => {
  const [bx, by] = ring[(i + 1) % ring.length];
  return turn * ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / (Math.hypot(bx - ax, by - ay) || Infinity);
}));

/** Returns the scenes (given the uppermost first) that no other scene covers. Parts up to `slack`
 *  beyond the cover are ignored. */
export function uncovered(some, slack) {
  const covers = [];
  return some.filter(({ rings, box, thumb }) => {
    const points = rings.flat();
    const isIn = (around) => box.every((value, i) => (i < 2 ? value - around[i] : around[i] - value) > -slack);
    if (covers.some(([ring, turn, around]) => isIn(around) && points.every((point) => depth(ring, turn, point) > -slack))) return false;
    // No cover: without a cell in the atlas a picture may be transparent. A cover must be convex.
    if (covers.length === MOST || thumb == null || rings.length > 1) return true;
    const turn = [1, -1].find((sign) => points.every((point) => depth(points, sign, point) > -slack));
    if (turn) covers.push([points, turn, box]);
    return true;
  });
}
