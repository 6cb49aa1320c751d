// Events between the modules:
//
//   paint   draw the map again        soon    the same, after a short delay
//   marks   draw the marks over it    move    the view has moved
//   change  visibility, choice, selection or order has changed
//   theme   the colours have changed  hover   another scene is hovered
//   small   small pictures arrived    tools   a tool was switched
//   resize  the window has a new size

const listeners = {};

export const on = (name, act) => (listeners[name] ??= []).push(act);
export const emit = (name, detail) => listeners[name]?.forEach((act) => act(detail));
