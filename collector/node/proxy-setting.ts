import { z } from 'zod';
import { type HttpProxy, PROXY_FORM, parseProxy } from './proxy.ts';

/** A schema for `proxy`: a URL, or `none`. */
export const proxySetting = () =>
  z.string().transform((text, context): HttpProxy | 'none' => {
    const proxy = text === 'none' ? text : parseProxy(text);
    if (proxy !== null) return proxy;
    context.addIssue({ code: 'custom', message: `${PROXY_FORM}, or none` });
    return z.NEVER;
  });
