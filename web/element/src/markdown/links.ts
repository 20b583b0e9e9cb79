const SCHEMES = /^(https?:\/\/|mailto:|chatkit-link:\/\/)/i;

/**
 * The address as it may stand in a link, or null. A scheme must be one of the few that only lead somewhere; a path must
 * lead to this site, so `//host` and its spellings with a backslash are refused.
 */
export function safeAddress(address: string): string | null {
  // Browsers drop these characters inside an address, so a scheme could hide behind them.
  const bare = address.replace(/[\u0000-\u0020\u007f-\u009f\u200b-\u200f\u2028-\u202f\ufeff]/g, "");
  if (SCHEMES.test(bare)) return bare;
  if (/^\/(?![/\\])/.test(bare) || bare.startsWith("#")) return bare;
  return null;
}

/** Address of an image that loads nothing from elsewhere: inline data or a path on this site. */
export function safeImage(address: string): string | null {
  if (/^data:image\/(png|jpeg|gif|webp|avif);base64,/i.test(address)) return address;
  const path = safeAddress(address);
  return path?.startsWith("/") ? path : null;
}
