"""As much of an API server as helm asks for when it renders beside one: which kinds there are, and the objects of one namespace."""

import http.server
import json
import tempfile
import threading


class Api:
    """Serves `objects`, {(plural, name): object}, and gives the path of a kubeconfig that leads here."""

    def __init__(self, objects):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = answer(self.path.split("?")[0], objects)
                body = json.dumps(found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8")
        json.dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{self.server.server_port}"}}],
            "users": [{"name": "me", "user": {}}], "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}]}, self.file)
        self.file.flush()

    def __enter__(self):
        return self.file.name

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.file.close()


def answer(path, objects):
    if path == "/version":
        return {"major": "1", "minor": "37", "gitVersion": "v1.37.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}
    if path == "/api/v1":
        kinds = {"Secret": "secrets", "ServiceAccount": "serviceaccounts"}
        return {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
            {"name": plural, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]} for kind, plural in kinds.items()]}
    return objects.get(tuple(path.split("/")[-2:]))
