import type { FontObject, ThemeOption } from "@openai/chatkit";

/** Corner radii in pixels: of controls, of bubbles, of cards. */
const RADII = { pill: [999, 20, 16], round: [12, 16, 14], soft: [8, 10, 8], sharp: [0, 0, 0] } as const;

/** Factor on every distance. */
const DENSITIES = { compact: 0.8, normal: 1, spacious: 1.2 } as const;

/** Share of the accent in the user's bubble, by accent level, in percent. */
const ACCENT_SHARES = [0, 10, 18, 30] as const;

/** The theme as values for the panel's root; the sheet holds the default of each. */
export function themeVariables(theme: ThemeOption): Record<string, string> {
  const variables: Record<string, string> = { "color-scheme": theme.colorScheme ?? "light" };
  const [control, bubble, card] = RADII[theme.radius ?? "pill"] ?? RADII.pill;
  variables["--control-radius"] = `${control}px`;
  variables["--bubble-radius"] = `${bubble}px`;
  variables["--card-radius"] = `${card}px`;
  variables["--density"] = String(DENSITIES[theme.density ?? "normal"] ?? 1);
  const { baseSize, fontFamily, fontFamilyMono } = theme.typography ?? {};
  if (baseSize) variables["--base-size"] = `${baseSize}px`;
  if (fontFamily) variables["--font"] = fontFamily;
  if (fontFamilyMono) variables["--mono"] = fontFamilyMono;
  return { ...variables, ...colorVariables(theme.color ?? {}) };
}

function colorVariables({ accent, surface, grayscale }: NonNullable<ThemeOption["color"]>): Record<string, string> {
  const variables: Record<string, string> = {};
  if (accent) {
    variables["--accent"] = accent.primary;
    variables["--on-accent"] = textOn(accent.primary);
    variables["--accent-share"] = `${ACCENT_SHARES[accent.level] ?? ACCENT_SHARES[1]}%`;
  }
  if (surface) {
    variables["--surface"] = surface.background;
    variables["--raised"] = surface.foreground;
  }
  if (grayscale) {
    variables["--gray-hue"] = String(grayscale.hue);
    variables["--gray-tint"] = String(grayscale.tint * 0.004);
    variables["--gray-shade"] = String((grayscale.shade ?? 0) * 0.01);
  }
  return variables;
}

/** Black or white, whichever can be read on a colour. Only hex colours are understood; others are taken to be dark. */
export function textOn(color: string): string {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color.trim())?.[1];
  if (!hex) return "#fff";
  const pairs = hex.length === 3 ? [...hex].map((digit) => digit + digit) : (hex.match(/../g) ?? []);
  const [red = 0, green = 0, blue = 0] = pairs.map((pair) => linear(Number.parseInt(pair, 16) / 255));
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  // The luminance at which black and white have the same contrast (WCAG 2.2).
  return luminance > 0.179 ? "#000" : "#fff";
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

/** Fonts cannot be declared inside a shadow root, so they are added to the document, each once. */
export function loadFonts(sources: readonly FontObject[] = []): void {
  for (const { family, src, weight, style, display, unicodeRange } of sources) {
    const key = `${family} ${src}`;
    if (loaded.has(key)) continue;
    loaded.add(key);
    const font = new FontFace(family, /^(url|local)\(/.test(src) ? src : `url(${JSON.stringify(src)})`, {
      ...(weight && { weight: String(weight) }),
      ...(style && { style }),
      ...(display && { display }),
      ...(unicodeRange && { unicodeRange }),
    });
    document.fonts.add(font);
    font.load().catch(() => console.warn(`openai-chatkit: font ${family} could not be loaded`));
  }
}

const loaded = new Set<string>();
