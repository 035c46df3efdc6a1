/** The one door to the vendored view library: what the other modules draw with. */
export {
  html, render, createContext, useCallback, useContext, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from "/static/vendor/preact.js";
