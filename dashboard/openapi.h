/* The OpenAPI 3.1 document: the table of routes with the schemas of schemas/. */
#ifndef REPRISE_DASHBOARD_OPENAPI_H
#define REPRISE_DASHBOARD_OPENAPI_H

#include <json-c/json_object.h>

/* The caller's. */
struct json_object *openapi_document(void);
/* The same as text, made by whoever asks first. From any thread. */
const char *openapi_text(void);

#endif
