"""The contracts of the small source tree in `tests.drift.trees`: what the tests of `scripts/drift.py` hold it to."""

from __future__ import annotations

OPENAPI = """
paths:
  /api/things:
    get:
      parameters:
      - {name: limit, in: query}
      - {name: tags, in: query}
    post:
      requestBody: {content: {multipart/form-data: {schema: {properties: {file: {}, tags: {}}}}}}
  /api/things/{id}:
    get:
      parameters:
      - {name: id, in: path}
      - {name: X-Thing, in: header}
  /api/plain:
    post:
      requestBody: {content: {multipart/form-data: {schema: {properties: {image: {}, type: {}}}}}}
  /api/masked:
    post:
      requestBody: {content: {multipart/form-data: {schema: {properties: {image: {}, type: {}, mask: {}}}}}}
  /api/prompt:
    post:
      parameters:
      - $ref: "#/components/parameters/User"
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Prompt"}}}}
  /api/view:
    get:
      parameters:
      - {name: filename, in: query}
      - {name: channel, in: query}
      - {name: Range, in: header}
  /api/added/{path}:
    get:
      parameters:
      - {name: path, in: path}
      - $ref: "#/components/parameters/User"
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Prompt"}}}}
  /internal/logs/{kind}:
    patch:
      parameters:
      - {name: kind, in: path}
      requestBody: {content: {application/json: {schema: {properties: {enabled: {}}}}}}
components:
  parameters:
    User: {name: Comfy-User, in: header}
  schemas:
    Prompt:
      allOf:
      - properties: {number: {}}
      - properties: {prompt: {}}
"""

ASYNCAPI = """
components:
  messages:
    hello: {payload: {properties: {type: {const: flags}, data: {properties: {mine: {}}}}}}
    any: {x-recipients: node, payload: {properties: {type: {}, data: {}}}}
    status: {x-recipients: all, payload: {properties: {type: {const: status}, data: {properties: {status: {}, sid: {}}}}}}
    flags: {x-recipients: all, payload: {properties: {type: {const: flags}, data: {properties: {previews: {}, size: {}}}}}}
    start: {x-recipients: all, payload: {properties: {type: {const: start}, data: {properties: {prompt_id: {}, timestamp: {}}}}}}
    stopped: {x-recipients: all, payload: {properties: {type: {const: stopped}, data: {properties: {node: {}, timestamp: {}}}}}}
    failed:
      x-recipients: all
      payload: {properties: {type: {const: failed}, data: {properties: {node: {}, error: {}, timestamp: {}}}}}
    preview: {x-recipients: all, x-binary-layout: [{const: 1}]}
    text: {x-recipients: all, x-binary-layout: [{const: 3}]}
    bytes: {x-recipients: node, x-binary-layout: [{}]}
"""  # noqa: E501
