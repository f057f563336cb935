/** The tokens as plain colours, because a canvas knows neither variables nor light-dark(). */

const TOKENS = {
  accent: '--color-accent',
  text2: '--color-text-2',
  text3: '--color-text-3',
  hairline: '--color-hairline',
}

type Colours = Record<keyof typeof TOKENS, string>

function resolve(element: HTMLElement, token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${token})`
  element.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

export function colours(element: HTMLElement): Colours {
  return {
    accent: resolve(element, TOKENS.accent),
    text2: resolve(element, TOKENS.text2),
    text3: resolve(element, TOKENS.text3),
    hairline: resolve(element, TOKENS.hairline),
  }
}

/** `rgb(15, 92, 86)` with a little of it left. */
export function tinted(colour: string, alpha: number): string {
  const [red, green, blue] = colour.match(/[\d.]+/g) ?? []
  return red && green && blue ? `rgba(${red}, ${green}, ${blue}, ${alpha})` : colour
}
