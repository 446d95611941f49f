// Runs in the page, and gives what its reader would stumble over, a line each: controls without a name, text that its
// background swallows, an order of focus that is not the order of reading. WCAG 2.2: 1.4.3, 2.4.3, 4.1.2.
(() => {
  const gaps = [];
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
  const nameOf = (element) =>
    [...(element.labels ?? [])].map((label) => label.textContent).join(' ') ||
    element.getAttribute('aria-label') ||
    document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent ||
    (['BUTTON', 'A'].includes(element.tagName) ? element.textContent : '') ||
    '';
  const whichOf = (element) => `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ''}`;

  for (const control of document.querySelectorAll('button, a[href], input, select, textarea, [tabindex]')) {
    if (nameOf(control).trim() === '') gaps.push(`no name: ${whichOf(control)}`);
    if (control.tabIndex > 0) gaps.push(`taken out of the order of focus: ${whichOf(control)}`);
  }
  if (document.documentElement.lang === '') gaps.push('no language');

  // sRGB to relative luminance, as WCAG defines both it and the ratio.
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const backgroundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== '');
    if (!hasText || !isShown(element) || element.matches('option, script, :disabled')) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const [light, dark] = [luminance(parse(color)), luminance(backgroundOf(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) gaps.push(`contrast ${ratio.toFixed(1)}: ${whichOf(element)} "${element.textContent.trim().slice(0, 30)}"`);
  }
  return gaps;
})();
