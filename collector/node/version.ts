/** Of the software. A package has the release that it was made as: what bundles it puts that in the place of the variable. */
export const SOFTWARE_VERSION: string = process.env.HELIOGRAPH_RELEASE ?? '0.1.0';
