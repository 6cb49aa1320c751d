// What lies wholly under another scene: it is neither decoded nor drawn.

const MOST = 64; // scenes that others are held against

/** How far inside a convex ring a point is, at least. */
const depth = (ring, turn, [x, y]) => Math.min(...ring.map(([ax, ay], i) => {
  const [bx, by] = ring[(i + 1) % ring.length];
  return turn * ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / (Math.hypot(bx - ax, by - ay) || Infinity);
}));

/** Those of some scenes, the uppermost first, that do not lie under one of the others;
 *  `slack` is what may look out unseen. */
export function uncovered(some, slack) {
  const covers = [];
  return some.filter(({ rings, box, thumb }) => {
    const points = rings.flat();
    const isIn = (around) => box.every((value, i) => (i < 2 ? value - around[i] : around[i] - value) > -slack);
    if (covers.some(([ring, turn, around]) => isIn(around) && points.every((point) => depth(ring, turn, point) > -slack))) return false;
    // A picture without a cell in the atlas may have holes, and a bent ring bays.
    if (covers.length === MOST || thumb == null || rings.length > 1) return true;
    const turn = [1, -1].find((sign) => points.every((point) => depth(points, sign, point) > -slack));
    if (turn) covers.push([points, turn, box]);
    return true;
  });
}
