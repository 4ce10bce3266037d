export { changeDetector } from '../lib/file-watch.ts';
