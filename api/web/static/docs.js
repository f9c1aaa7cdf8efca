// The bundle is a classic script that leaves its entry point on the window.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Without this it would ask a validator on another host.
  validatorUrl: null,
});
