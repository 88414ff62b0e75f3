import { defineConfig } from 'vite';

/** The web client: `dist/web`, which the server hands out at `/`. */
export default defineConfig({
  root: import.meta.dirname,
  // Wherever the page stands, its files stand beside it.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // `stanza` asks for Node's; a browser has the package of that name.
  resolve: { alias: { events: 'events/' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Everything is a file of its own: the page's policy allows no data in their place.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
});
