/* The OpenAPI 3.1 document: the table of routes with the schemas of schemas/. */
#ifndef REPRISE_DASHBOARD_OPENAPI_H
#define REPRISE_DASHBOARD_OPENAPI_H

/* The document as text. It is made by the first caller and kept. From any thread. */
const char *openapi_text(void);

#endif
