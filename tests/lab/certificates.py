"""A certificate authority of a test's own, by the openssl program: any names, any dates."""
import os
import subprocess
import time

CONFIGURATION = """[ca]
default_ca = here
[here]
database = {directory}/index
new_certs_dir = {directory}
serial = {directory}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[leaf]
basicConstraints = critical,CA:FALSE
{names}
"""
P256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def at(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


class Authority:
    def __init__(self, lab, name="Park CA"):
        self.directory = lab.path("ca-" + name.replace(" ", "-"))
        os.makedirs(self.directory)
        self.certificate, self.key = self.path("ca.crt"), self.path("ca.key")
        open(self.path("index"), "w").close()
        with open(self.path("serial"), "w") as file:
            file.write("01\n")
        openssl("req", "-x509", *P256, "-keyout", self.key, "-out", self.certificate,
                "-subj", f"/CN={name}", "-days", "3650")

    def path(self, name):
        return os.path.join(self.directory, name)

    def sign(self, request, name, names="DNS:localhost,IP:127.0.0.1", days=(-1, 365)):
        """The certificate's file; `request` is a file in PEM."""
        configuration, certificate = self.path(name + ".cnf"), self.path(name + ".crt")
        with open(configuration, "w") as file:
            file.write(CONFIGURATION.format(
                directory=self.directory, names=f"subjectAltName = {names}" if names else ""))
        openssl("ca", "-batch", "-notext", "-config", configuration, "-extensions", "leaf",
                "-cert", self.certificate, "-keyfile", self.key, "-in", request,
                "-out", certificate, "-startdate", at(days[0]), "-enddate", at(days[1]))
        return certificate

    def make(self, name, **wishes):
        """(certificate, key): files."""
        key, request = self.path(name + ".key"), self.path(name + ".csr")
        openssl("req", "-new", *P256, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        os.chmod(key, 0o600)
        return self.sign(request, name, **wishes), key


def self_signed(lab, name, names="DNS:localhost,IP:127.0.0.1", file=None):
    certificate, key = lab.path((file or name) + ".crt"), lab.path((file or name) + ".key")
    openssl("req", "-x509", *P256, "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
            "-days", "365", "-addext", f"subjectAltName={names}")
    os.chmod(key, 0o600)
    return certificate, key
