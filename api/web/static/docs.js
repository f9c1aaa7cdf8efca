// The interface has a dark dress, and leaves it to the page to choose.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", dress);
dress();

// The bundle is a classic script that leaves its entry point on the window.
/** @type {{ SwaggerUIBundle?: (options: object) => unknown }} */ (window).SwaggerUIBundle?.({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Without this it would ask a validator on another host.
  validatorUrl: null,
});
