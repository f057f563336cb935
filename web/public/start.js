/* Runs before the first paint: sets language, direction and theme, so that nothing flashes. */
;(function () {
  var kept = {}
  try {
    kept = JSON.parse(localStorage.getItem('capitalino.preferences') || '{}')
  } catch (_) {
    kept = {}
  }
  var root = document.documentElement
  var language = kept.language || (/^fa\b/.test(navigator.language) ? 'fa' : 'en')
  root.lang = language
  root.dir = language === 'fa' ? 'rtl' : 'ltr'
  if (kept.theme === 'light' || kept.theme === 'dark') root.dataset.theme = kept.theme
})()
