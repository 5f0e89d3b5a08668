/** Who signs in to the stand-in. */

export const ORGANIZATION = "acme";
export const USER = "ada";
export const PASSWORD = "correct horse battery staple";
