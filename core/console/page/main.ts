import { render } from 'preact';
import { App } from './app.ts';
import { watchCore } from './connection.ts';
import { h } from './element.ts';
import { followLinks } from './router.ts';
import { applyTheme } from './theme.ts';

applyTheme();
followLinks();
void watchCore();
const root = document.getElementById('console')!;
root.replaceChildren();
render(h(App, null), root);
