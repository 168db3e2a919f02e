"""AMQP over TLS as pika and py-amqp speak it: whom the broker believes, and whom it tells so."""

import contextlib
import shutil
import signal
import socket
import ssl
import tempfile

import amqp
import pika
from pika import exceptions

from certificates import Authority
from pika_case import PikaCase
from waiting import wait_until


class TlsCase(PikaCase):
    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="varve-tls-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.ca = Authority(cls.folder, "ca")
        cls.other_ca = Authority(cls.folder, "other-ca")
        cls.certificate, cls.key = cls.ca.sign("localhost")
        cls.broker_flags = ("--amqps-port", "0", "--tls-certificate", str(cls.certificate), "--tls-key",
                            str(cls.key), "--tls-ca", str(cls.ca.certificate), *cls.flags)
        super().setUpClass()

    def context(self, identity=None, ca=None):
        context = ssl.create_default_context(cafile=str((ca or self.ca).certificate))
        if identity:
            context.load_cert_chain(*map(str, identity))
        return context

    def connect_tls(self, context=None, host="localhost", **parameters):
        options = pika.SSLOptions(context or self.context(), host)
        return self.connect(host="127.0.0.1", port=self.broker.tls_port, ssl_options=options, **parameters)

    def handshake(self, context, host="localhost"):
        """A bare TLS connection that sends AMQP's header and reads."""
        plain = socket.create_connection(("127.0.0.1", self.broker.tls_port), timeout=10)
        self.addCleanup(plain.close)
        stream = context.wrap_socket(plain, server_hostname=host)
        self.addCleanup(stream.close)
        stream.sendall(b"AMQP\0\0\x09\x01")
        return stream, stream.recv(4096)

    def sees(self, text):
        wait_until(lambda: text in self.broker.stderr(), f"{text!r} among the events")

    def works(self, connection):
        """What is published comes back, also when it is larger than a record of TLS."""
        channel = connection.channel()
        channel.confirm_delivery()
        queue = self.queue(channel)
        body = bytes(range(256)) * 2000
        channel.basic_publish("", queue, body)
        channel.basic_publish("", queue, b"small")
        self.assertEqual([body, b"small"], self.get_all(channel, queue))


class TlsTest(TlsCase):
    def test_pika_works(self):
        self.works(self.connect_tls())

    def test_py_amqp_works(self):
        connection = amqp.Connection(
            f"127.0.0.1:{self.broker.tls_port}",
            ssl={"ca_certs": str(self.ca.certificate), "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "localhost"},
            connect_timeout=10)
        connection.connect()
        with contextlib.closing(connection):
            channel = connection.channel()
            queue = channel.queue_declare(exclusive=True).queue
            channel.basic_publish(amqp.Message("over TLS"), routing_key=queue)
            self.assertEqual("over TLS", channel.basic_get(queue, no_ack=True).body)

    def test_external_is_not_offered_without_a_certificate(self):
        _, start = self.handshake(self.context())
        self.assertIn(b"PLAIN", start)
        self.assertNotIn(b"EXTERNAL", start)

    def test_client_that_believes_somebody_else_goes_and_disturbs_nobody(self):
        connection = self.connect_tls()
        with self.assertRaises((exceptions.AMQPError, ssl.SSLError)):
            self.connect_tls(self.context(ca=self.other_ca))
        self.works(connection)
        self.sees("connection.tls_refused")

    def test_version_that_is_too_old_is_refused(self):
        context = self.context()
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, OSError)):
            self.handshake(context)

    def test_both_versions_work(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            stream, start = self.handshake(context)
            self.assertIn(b"AMQPLAIN", start)
            self.assertEqual(version.name.replace("_", "."), stream.version())

    def test_plain_bytes_on_the_port_of_tls_are_refused_with_a_line(self):
        with socket.create_connection(("127.0.0.1", self.broker.tls_port), timeout=10) as plain:
            plain.sendall(b"AMQP\0\0\x09\x01")
            with contextlib.suppress(ConnectionResetError):
                while plain.recv(4096):
                    pass
        self.sees("connection.tls_refused")

    def test_tls_on_the_plain_port_is_refused_with_a_line(self):
        plain = socket.create_connection((self.broker.host, self.broker.port), timeout=10)
        self.addCleanup(plain.close)
        with self.assertRaises((ssl.SSLError, OSError)):
            self.context().wrap_socket(plain, server_hostname="localhost")
        self.sees("tls=true")

    def test_silent_and_slow_clients_keep_nobody_waiting(self):
        for hello in (b"", b"\x16\x03\x01\x02\x00\x01"):
            idle = socket.create_connection(("127.0.0.1", self.broker.tls_port), timeout=20)
            self.addCleanup(idle.close)
            idle.sendall(hello)
        self.works(self.connect_tls())
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(b"", idle.recv(1), "cut off after the 10 s of the handshake")


class ClientCertificateTest(TlsCase):
    flags = ("--tls-verify", "required")

    @staticmethod
    def external():
        return pika.credentials.ExternalCredentials()

    def test_certificate_logs_its_user_in(self):
        context = self.context(self.ca.sign("guest", "email:guest@example.org"))
        self.works(self.connect_tls(context, credentials=self.external()))

    def test_certificate_does_not_replace_a_wrong_password(self):
        context = self.context(self.ca.sign("guest"))
        with self.assertRaises(exceptions.AMQPError):
            self.connect_tls(context, credentials=pika.PlainCredentials("guest", "wrong"))

    def test_certificate_of_no_user_is_refused(self):
        context = self.context(self.ca.sign("stranger"))
        with self.assertRaises(exceptions.AMQPError):
            self.connect_tls(context, credentials=self.external())
        self.sees("user 'stranger': no such user")

    def test_without_a_certificate_nobody_enters(self):
        with self.assertRaises((exceptions.AMQPError, ssl.SSLError)):
            self.connect_tls()
        self.sees("connection.tls_refused")

    def test_certificate_of_another_authority_is_refused(self):
        with self.assertRaises((exceptions.AMQPError, ssl.SSLError)):
            self.connect_tls(self.context(self.other_ca.sign("guest")))

    def test_plain_port_does_not_offer_external(self):
        with socket.create_connection((self.broker.host, self.broker.port), timeout=10) as plain:
            plain.sendall(b"AMQP\0\0\x09\x01")
            start = plain.recv(4096)
        self.assertIn(b"AMQPLAIN", start)
        self.assertNotIn(b"EXTERNAL", start)


class CertificatesTest(TlsCase):
    """Several certificates, and their renewal."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="varve-sni-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        second = Authority(folder, "second-ca")
        certificate, key = second.sign("second.example", "DNS:second.example")
        cls.second = second
        cls.flags = ("--tls-certificate", str(certificate), "--tls-key", str(key))
        super().setUpClass()

    def test_client_gets_the_certificate_of_the_host_that_it_names(self):
        self.handshake(self.context())
        self.handshake(self.context(ca=self.second), "second.example")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.handshake(self.context(ca=self.second), "unknown.example")

    def test_reload_is_for_connections_to_come(self):
        before = self.connect_tls()
        certificate, key = self.certificate.read_bytes(), self.key.read_bytes()
        renewed, renewed_key = self.ca.sign("renewed", stem="renewed")
        self.certificate.write_bytes(renewed.read_bytes())
        self.key.write_bytes(renewed_key.read_bytes())
        self.broker.process.send_signal(signal.SIGHUP)
        self.sees("tls.reloaded")
        stream, _ = self.handshake(self.context())
        self.assertIn(((("commonName", "renewed"),)), stream.getpeercert()["subject"])
        self.works(before)

        self.key.write_text("no key at all")
        self.broker.process.send_signal(signal.SIGHUP)
        self.sees("tls.not_reloaded")
        self.works(self.connect_tls())
        self.certificate.write_bytes(certificate)
        self.key.write_bytes(key)
