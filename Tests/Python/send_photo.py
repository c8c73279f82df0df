"""Sends a photo to a Bot API with httpx, which makes the multipart body itself, and fetches it back.

Arguments: base URL with the token, chat. Reads the picture in base64 from standard input. Writes the answer of
sendPhoto as JSON, and whether the bytes that getFile leads to are the same.
"""

import base64
import json
import sys

import httpx

base, chat = sys.argv[1:]
picture = base64.b64decode(sys.stdin.read())
with httpx.Client(trust_env=False, timeout=10) as http:
    sent = http.post(
        base + "/sendPhoto", data={"chat_id": chat, "caption": "<b>地址</b>", "parse_mode": "HTML"},
        files={"photo": ("qr.png", picture, "image/png")}).json()
    file_id = sent["result"]["photo"][-1]["file_id"]
    path = http.get(base + "/getFile", params={"file_id": file_id}).json()["result"]["file_path"]
    fetched = http.get(base.replace("/bot", "/file/bot") + "/" + path)
print(json.dumps({"sent": sent, "same": fetched.content == picture, "type": fetched.headers["content-type"]}))
