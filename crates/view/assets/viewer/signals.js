// How the parts hear of each other.
//
//   paint   draw the map anew         soon    the same, when the hand rests
//   marks   draw what lies over it    move    the view has moved
//   change  what is shown, chosen, picked or ordered has changed
//   theme   the colours have changed

const listeners = {};

export const on = (name, act) => (listeners[name] ??= []).push(act);
export const emit = (name, detail) => listeners[name]?.forEach((act) => act(detail));
