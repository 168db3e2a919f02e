#include "server/net/tls.h"

#include "engine/base/check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace varve {

namespace {

constexpr size_t kRecordSize = 16384;  // TLS's largest record: what one write takes
constexpr std::string_view kSessionContext = "varve";

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;

std::string last_reason() {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(error);
    return reason == nullptr ? "unknown reason" : reason;
}

Error bad_file(const std::string& file) {
    return {ErrorCode::invalid_argument, file + ": " + last_reason()};
}

Result<ContextPtr> make_context(const TlsOptions& options,
                                const TlsOptions::Certificate& certificate) {
    ContextPtr made(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = made.get();
    VARVE_CHECK(context != nullptr);
    SSL_CTX_set_min_proto_version(context, options.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // An idle connection costs no buffers; what is written may have moved when it is tried again.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_id_context(context,
                                   reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                   kSessionContext.size());
    // A key with a passphrase would ask for it on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_certificate_chain_file(context, certificate.chain.c_str()) != 1)
        return bad_file(certificate.chain);
    if (SSL_CTX_use_PrivateKey_file(context, certificate.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return bad_file(certificate.key);
    if (options.verify == TlsVerify::none) return made;
    if (SSL_CTX_load_verify_locations(context, options.ca.c_str(), nullptr) != 1)
        return bad_file(options.ca);
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.ca.c_str()));
    SSL_CTX_set_verify(context,
                       options.verify == TlsVerify::required
                           ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                           : SSL_VERIFY_PEER,
                       nullptr);
    return made;
}

std::optional<std::string> common_name(const X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return std::nullopt;
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return std::nullopt;
    std::string name(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
    OPENSSL_free(text);
    return name;
}

// The first host or mail address.
std::optional<std::string> alternative_name(const X509* certificate) {
    auto* names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::optional<std::string> found;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_EMAIL) continue;
        found.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.ia5)),
                      static_cast<size_t>(ASN1_STRING_length(name->d.ia5)));
    }
    GENERAL_NAMES_free(names);
    return found;
}

}  // namespace

struct TlsContext::Impl {
    TlsUserFrom user_from = TlsUserFrom::common_name;
    std::vector<ContextPtr> contexts;  // one for each certificate

    // The certificate for the host that the client asks for; the first if there is none.
    static int choose(SSL* ssl, int* /*alert*/, void* argument) {
        const auto* self = static_cast<const Impl*>(argument);
        const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
        for (const ContextPtr& context : self->contexts) {
            X509* certificate = SSL_CTX_get0_certificate(context.get());
            if (X509_check_host(certificate, host, std::strlen(host), 0, nullptr) != 1) continue;
            SSL_set_SSL_CTX(ssl, context.get());
            return SSL_TLSEXT_ERR_OK;
        }
        return SSL_TLSEXT_ERR_NOACK;
    }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsOptions& options) {
    auto impl = std::make_unique<Impl>();
    impl->user_from = options.user_from;
    for (const TlsOptions::Certificate& certificate : options.certificates) {
        VARVE_TRY(ContextPtr context, make_context(options, certificate));
        impl->contexts.push_back(std::move(context));
    }
    VARVE_CHECK(!impl->contexts.empty());
    SSL_CTX* first = impl->contexts.front().get();
    // What the macro for it does, with a cast that is none of C's.
    SSL_CTX_callback_ctrl(
        first, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(&Impl::choose));
    SSL_CTX_set_tlsext_servername_arg(first, impl.get());
    return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

std::unique_ptr<TlsSession> TlsContext::accept(int socket) const {
    SSL* ssl = SSL_new(impl_->contexts.front().get());
    VARVE_CHECK(ssl != nullptr);
    const int attached = SSL_set_fd(ssl, socket);
    VARVE_CHECK(attached == 1);
    SSL_set_accept_state(ssl);
    return std::make_unique<TlsSession>(shared_from_this(), ssl);
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, SSL* ssl)
    : context_(std::move(context)), ssl_(ssl) {}

TlsSession::~TlsSession() { SSL_free(ssl_); }

// Of the call before: its error queue and errno are still there.
Error TlsSession::failure(int returned) {
    const int kind = SSL_get_error(ssl_, returned);
    if (kind == SSL_ERROR_ZERO_RETURN) return {ErrorCode::closed, "End of file"};
    if (kind == SSL_ERROR_SYSCALL) {
        return {ErrorCode::closed, errno == 0 ? "End of file" : std::strerror(errno)};
    }
    const bool cut_off = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    const std::string reason = last_reason();
    if (cut_off) return {ErrorCode::closed, reason};
    return {ErrorCode::invalid_argument, "TLS: " + reason};
}

Result<size_t> TlsSession::read_some(std::span<char> to) {
    reading_wants_write_ = false;
    ERR_clear_error();
    errno = 0;
    size_t done = 0;
    int returned = 1;
    while (done < to.size()) {  // a record at a time
        size_t size = 0;
        returned = SSL_read_ex(ssl_, to.data() + done, to.size() - done, &size);
        if (returned != 1) break;
        done += size;
    }
    if (done > 0) return done;  // what ends it comes again at the next read
    const int kind = SSL_get_error(ssl_, returned);
    reading_wants_write_ = kind == SSL_ERROR_WANT_WRITE;
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return size_t{0};
    return failure(returned);
}

// A record is made of one piece of memory: small ones are put together, so that not each frame
// becomes a record.
Result<size_t> TlsSession::write_some(std::span<const boost::asio::const_buffer> from) {
    thread_local std::array<char, kRecordSize> record;
    size_t filled = 0;
    for (const boost::asio::const_buffer& buffer : from) {
        const size_t size = std::min(buffer.size(), kRecordSize - filled);
        std::memcpy(record.data() + filled, buffer.data(), size);
        filled += size;
        if (filled == kRecordSize) break;
    }
    if (filled == 0) return size_t{0};
    ERR_clear_error();
    errno = 0;
    size_t size = 0;
    const int returned = SSL_write_ex(ssl_, record.data(), filled, &size);
    if (returned == 1) return size;
    const int kind = SSL_get_error(ssl_, returned);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return size_t{0};
    return failure(returned);
}

void TlsSession::finish_sending() {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(ssl_));  // the peer may have gone: nothing to be done
    ERR_clear_error();
}

bool TlsSession::has_pending() const { return SSL_pending(ssl_) > 0; }

std::optional<std::string> TlsSession::peer_user() const {
    const X509* certificate = SSL_get0_peer_certificate(ssl_);
    if (certificate == nullptr || SSL_get_verify_result(ssl_) != X509_V_OK) return std::nullopt;
    if (SSL_get_verify_mode(ssl_) == SSL_VERIFY_NONE) return std::nullopt;
    return context_->impl_->user_from == TlsUserFrom::common_name ? common_name(certificate)
                                                                  : alternative_name(certificate);
}

}  // namespace varve
