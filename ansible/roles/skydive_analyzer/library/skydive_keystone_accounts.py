#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0
"""Projects, users and roles in Keystone, by its API of version 3."""

DOCUMENTATION = """
module: skydive_keystone_accounts
short_description: Projects, users and role assignments in Keystone
description:
  - Makes what is missing and changes nothing else. A password is set only when a login with it fails.
  - Needs nothing but the identity API, version 3.
options:
  auth_url: {description: URL of Keystone, type: str, required: true}
  username: {description: Administrator, type: str, required: true}
  password: {description: Their password, type: str, required: true}
  project: {description: Their project, type: str, required: true}
  user_domain: {description: Their domain, type: str, default: Default}
  project_domain: {description: Domain of the project, type: str, default: Default}
  interface: {description: Identity endpoint of the catalog to use instead of auth_url, type: str}
  validate_certs: {description: Verify the certificate, type: bool, default: true}
  accounts:
    description: Each is a user with a password and a domain, a project that is made in a domain, and a role there.
    type: list
    elements: dict
    required: true
author: The Skydive authors
"""

EXAMPLES = """
- skydive_keystone_accounts:
    auth_url: http://10.0.0.1:5000/v3
    username: admin
    password: secret
    project: admin
    accounts:
      - {user: skydive, password: secret, user_domain: Default, project: skydive, project_domain_id: default, role: admin}
"""

RETURN = """
done:
  description: What was made or changed.
  type: list
  returned: success
"""

import json
import re

from ansible.module_utils.basic import AnsibleModule
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from ansible.module_utils.urls import open_url


class Refused(Exception):
    """Keystone said no, or nothing."""


class Keystone:
    """The identity API with one administrator's token."""

    def __init__(self, url, validate_certs):
        url = re.sub(r"/v2\.0$", "/v3", url.rstrip("/"))
        self.url = url if url.endswith("/v3") else url + "/v3"
        self.validate_certs = validate_certs
        self.token = None

    def call(self, method, path, body=None, accept=()):
        """Status, headers and JSON of an answer; raises Refused unless it is a success or in `accept`."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token is not None:
            headers["X-Auth-Token"] = self.token
        try:
            answer = open_url(
                self.url + path,
                method=method,
                data=None if body is None else json.dumps(body),
                headers=headers,
                validate_certs=self.validate_certs,
                timeout=60,
            )
            text = answer.read()
            return answer.getcode(), answer.headers, json.loads(text) if text else {}
        except HTTPError as error:
            if error.code in accept:
                return error.code, error.headers, {}
            raise Refused("%s %s%s: %d %s" % (method, self.url, path, error.code, reason(error.read())))
        except (URLError, OSError, ValueError) as error:
            raise Refused("%s %s%s: %s" % (method, self.url, path, error))

    def log_in(self, user, password, user_domain, scope=None, accept=()):
        """The token, and the catalog when there is a scope; (None, []) when the answer is in `accept`."""
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": user, "password": password, "domain": user_domain}},
        }
        body = {"auth": {"identity": identity}}
        body["auth"]["scope"] = scope or "unscoped"
        status, headers, answer = self.call("POST", "/auth/tokens", body, accept)
        if status in accept:
            return None, []
        token = headers.get("X-Subject-Token")
        return token, answer.get("token", {}).get("catalog", [])

    def find(self, kind, **query):
        """The one element of that name, or None."""
        found = self.call("GET", "/%s?%s" % (kind, urlencode(query)))[2][kind]
        return found[0] if found else None


def reason(text):
    """The message of an error, without the rest of the page."""
    try:
        return json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return ""


def ensure(keystone, account, check_mode, done):
    """One account: project, user, password, role."""
    user_domain = keystone.find("domains", name=account["user_domain"])
    if user_domain is None:
        raise Refused("there is no domain %s" % account["user_domain"])
    role = keystone.find("roles", name=account["role"])
    if role is None:
        raise Refused("there is no role %s" % account["role"])
    project_domain = account.get("project_domain_id") or user_domain["id"]

    def make(what, kind, path, element):
        done.append(what)
        if check_mode:
            return None
        return keystone.call("POST", path, {kind: element})[2][kind]

    project = keystone.find("projects", name=account["project"], domain_id=project_domain)
    if project is None:
        project = make(
            "project %s" % account["project"],
            "project",
            "/projects",
            {"name": account["project"], "domain_id": project_domain, "enabled": True},
        )
    user = keystone.find("users", name=account["user"], domain_id=user_domain["id"])
    if user is None:
        wanted = {
            "name": account["user"],
            "password": account["password"],
            "domain_id": user_domain["id"],
            "enabled": True,
        }
        if project is not None:
            wanted["default_project_id"] = project["id"]
        user = make("user %s" % account["user"], "user", "/users", wanted)
    else:
        token = keystone.log_in(account["user"], account["password"], {"id": user_domain["id"]}, accept=(401,))[0]
        if token is None:
            done.append("password of %s" % account["user"])
            if not check_mode:
                change = {"user": {"password": account["password"], "enabled": True}}
                keystone.call("PATCH", "/users/%s" % user["id"], change)
    if user is None or project is None:
        done.append("role %s of %s in %s" % (account["role"], account["user"], account["project"]))
        return
    path = "/projects/%s/users/%s/roles/%s" % (project["id"], user["id"], role["id"])
    if keystone.call("HEAD", path, accept=(404,))[0] == 404:
        done.append("role %s of %s in %s" % (account["role"], account["user"], account["project"]))
        if not check_mode:
            keystone.call("PUT", path)


def endpoint(catalog, interface):
    """The URL of the identity service at an interface."""
    for service in catalog:
        for candidate in service.get("endpoints", []):
            if service.get("type") == "identity" and candidate.get("interface") == interface:
                return candidate["url"]
    raise Refused("the catalog has no %s endpoint of the identity service" % interface)


def main():
    module = AnsibleModule(
        argument_spec={
            "auth_url": {"type": "str", "required": True},
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "project": {"type": "str", "required": True},
            "user_domain": {"type": "str", "default": "Default"},
            "project_domain": {"type": "str", "default": "Default"},
            "interface": {"type": "str"},
            "validate_certs": {"type": "bool", "default": True},
            "accounts": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "user": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                    "user_domain": {"type": "str", "required": True},
                    "project": {"type": "str", "required": True},
                    "project_domain_id": {"type": "str"},
                    "role": {"type": "str", "required": True},
                },
            },
        },
        supports_check_mode=True,
    )
    given = module.params
    done = []
    try:
        keystone = Keystone(given["auth_url"], given["validate_certs"])
        scope = {"project": {"name": given["project"], "domain": {"name": given["project_domain"]}}}
        domain = {"name": given["user_domain"]}
        keystone.token, catalog = keystone.log_in(given["username"], given["password"], domain, scope)
        if given["interface"]:
            other = Keystone(endpoint(catalog, given["interface"]), given["validate_certs"])
            other.token = keystone.token
            keystone = other
        for account in given["accounts"]:
            ensure(keystone, account, module.check_mode, done)
    except Refused as error:
        module.fail_json(msg="os_auth_url: Keystone: %s" % error, done=done)
    module.exit_json(changed=bool(done), done=done)


if __name__ == "__main__":
    main()
