// A page opened from a file may not fetch others, so that there the search shows titles without extracts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What the theme leaves without a name, or names otherwise than what stands on it, gets the name that a screen reader reads out.
document.addEventListener("DOMContentLoaded", () => {
  const sidebar = document.getElementById("pst-primary-sidebar");
  sidebar?.setAttribute("role", "region");
  sidebar?.setAttribute("aria-label", "The site's pages");
  for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label");
  for (const toggle of document.querySelectorAll(".bd-sidebar-primary summary")) {
    const page = toggle.closest("li")?.querySelector("a")?.textContent.trim();
    toggle.setAttribute("aria-label", page ? `Pages below ${page}` : "Pages below");
  }
});

// The corner of a table, above the names of its rows, is no header of anything.
addEventListener("load", () => {
  for (const corner of document.querySelectorAll("th")) {
    if (corner.textContent.trim() || corner.querySelector("img, input")) continue;
    const cell = document.createElement("td");
    cell.append(...corner.childNodes);
    corner.replaceWith(cell);
  }
});

// A formula that is wider than the page is moved sideways, with the keys as well.
const reachable = () => {
  for (const formula of document.querySelectorAll(".formula")) {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = formula;
    if (scrollWidth > clientWidth || scrollHeight > clientHeight) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
};
addEventListener("load", reachable);
addEventListener("resize", reachable);
