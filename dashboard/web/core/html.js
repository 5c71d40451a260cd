/* The one place that knows the libraries: `html` templates make preact's nodes, so every text in them is escaped. */
import { h, render, Fragment } from '../lib/preact.js';
import htm from '../lib/htm.js';

export { render, Fragment };
export { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState, useCallback } from '../lib/hooks.js';
export const html = htm.bind(h);
