"""Reads a multipart/form-data body with Python's email package.

Reads {"type": the Content-Type, "body": base64}; writes [{"name", "filename", "type", "body": base64}] in order.
"""

import base64
import email.parser
import email.policy
import json
import sys

request = json.load(sys.stdin)
head = f"MIME-Version: 1.0\r\nContent-Type: {request['type']}\r\n\r\n".encode()
message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + base64.b64decode(request["body"]))
if message.defects or not message.is_multipart():
    sys.exit(f"not a sound multipart body: {message.defects}")
parts = []
for part in message.iter_parts():
    if part.defects or part.get_content_disposition() != "form-data":
        sys.exit(f"not a sound part: {part.items()} {part.defects}")
    parts.append({
        "name": part.get_param("name", header="content-disposition"), "filename": part.get_filename(),
        "type": part.get_content_type(), "body": base64.b64encode(part.get_payload(decode=True)).decode(),
    })
print(json.dumps(parts))
