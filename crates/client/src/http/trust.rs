//! Which servers are trusted: those whose certificate leads to a CA of the platform, or to one that
//! was added.
//!
//! A proxy that inspects TLS signs with a CA of its company's own, so a refusal names the CA that is
//! missing. Nothing here accepts a certificate that rustls refuses.

use std::{fmt, io, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use webpki::EndEntityCert;

use fabric_domain::clean;

/// The CAs that are trusted in addition to those of the platform, which `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` can replace.
#[derive(Debug, Clone, Default)]
pub struct TrustedCas(Vec<CertificateDer<'static>>);

impl TrustedCas {
    /// The certificates of a PEM file. Fails, naming the file, if it holds none.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let failed =
            |why: String| format!("cannot read CA certificates from {}: {why}", path.display());
        let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|e| failed(e.to_string()))?;
        if certificates.is_empty() {
            return Err(failed("it holds no PEM certificate".to_owned()));
        }
        Ok(Self(certificates))
    }

    /// The settings of TLS for a client that trusts the platform's CAs and these.
    pub(super) fn tls(&self) -> Result<ClientConfig, Error> {
        let provider = CryptoProvider::get_default().cloned();
        let provider =
            provider.ok_or_else(|| Error::General("no TLS provider is set".to_owned()))?;
        let platform = Verifier::new_with_extra_roots(self.0.iter().cloned(), provider.clone())?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(NamesIssuer(platform)))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Verifies as the platform does, and names the issuer that is not trusted.
#[derive(Debug)]
struct NamesIssuer(Verifier);

impl ServerCertVerifier for NamesIssuer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                let top = intermediates.last().unwrap_or(end_entity);
                let unknown = UnknownCa { issuer: issuer(top) };
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(unknown))))
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// A certificate of a CA that is not trusted.
#[derive(Debug)]
pub(super) struct UnknownCa {
    issuer: String,
}

impl std::error::Error for UnknownCa {}

impl fmt::Display for UnknownCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server's certificate is signed by the CA \"{}\", which is not trusted; if it is your \
             company's own, add it with --ca-file, in the chart with trustedCa",
            self.issuer
        )
    }
}

/// The CA that is not trusted, if a handshake failed for that. `cause` is one of the causes of a failed
/// request; rustls itself would only debug-print it.
pub(super) fn unknown_ca<'a>(
    cause: &'a (dyn std::error::Error + 'static),
) -> Option<&'a UnknownCa> {
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        return unknown_ca(io.get_ref()?);
    }
    match cause.downcast_ref()? {
        Error::InvalidCertificate(CertificateError::Other(OtherError(why))) => why.downcast_ref(),
        _ => None,
    }
}

/// The issuer of a certificate in words, such as `Example Proxy CA, Example Corp`.
fn issuer(certificate: &CertificateDer<'_>) -> String {
    let named = EndEntityCert::try_from(certificate).ok().map(|read| names(read.issuer()));
    let text = named.filter(|names| !names.is_empty()).map(|names| names.join(", "));
    clean(&text.unwrap_or_else(|| "without a name".to_owned()), 100)
}

/// The common name and the organisation of a distinguished name in DER, as RFC 5280, section 4.1.2.4,
/// defines it: a sequence of sets of pairs of an attribute's type and its value.
fn names(mut name: &[u8]) -> Vec<String> {
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    const ORGANISATION: &[u8] = &[0x55, 4, 10];
    let (mut common, mut organisation) = (None, None);
    while let Some((set, rest)) = element(name) {
        let pair = element(set).map(|(pair, _)| pair).and_then(element);
        if let Some((kind, Some((value, _)))) = pair.map(|(kind, value)| (kind, element(value))) {
            let value = Some(String::from_utf8_lossy(value).into_owned());
            match kind {
                COMMON_NAME => common = value,
                ORGANISATION => organisation = value,
                _ => {}
            }
        }
        name = rest;
    }
    common.into_iter().chain(organisation).collect()
}

/// The content of the first DER element, and what follows the element.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = match length {
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), rest.get(2..)?),
        short @ 0..=0x7f => (usize::from(short), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SET { SEQUENCE { OID, UTF8String } }` of a two-digit attribute type.
    fn attribute(kind: u8, value: &str) -> Vec<u8> {
        let length = |n: usize| u8::try_from(n).unwrap();
        let mut der =
            vec![0x31, length(value.len() + 9), 0x30, length(value.len() + 7), 6, 3, 0x55, 4];
        der.extend([kind, 12, length(value.len())]);
        der.extend(value.as_bytes());
        der
    }

    #[test]
    fn an_issuer_is_named_by_its_common_name_and_organisation() {
        let name = [attribute(6, "DE"), attribute(10, "Example Corp"), attribute(3, "Proxy CA")];
        assert_eq!(names(&name.concat()), ["Proxy CA", "Example Corp"]);
        assert_eq!(names(&attribute(10, "Example Corp")), ["Example Corp"]);
        for odd in
            [&[] as &[u8], &[0x31], &[0x31, 0x84, 1], &[0x31, 200, 1], &attribute(3, "x")[..9]]
        {
            assert!(names(odd).is_empty(), "{odd:?}");
        }
    }

    #[test]
    fn a_file_without_a_certificate_is_refused_by_its_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let said = TrustedCas::of_file(file.path()).unwrap_err();
        assert!(said.contains(file.path().to_str().unwrap()), "{said}");
        assert!(said.contains("no PEM certificate"), "{said}");
        let said = TrustedCas::of_file(Path::new("/nonexistent/ca.crt")).unwrap_err();
        assert!(said.contains("/nonexistent/ca.crt"), "{said}");
    }
}
