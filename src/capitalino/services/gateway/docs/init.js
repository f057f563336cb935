// Shows our own API document. A file of its own, because the edge allows no inline scripts.
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
});
