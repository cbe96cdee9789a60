// The ASN.1 classes for names and extensions of X.509, in a file of their own that is imported on first use. Named
// exports are listed one by one, since the bundle can take them from a CommonJS package only so.
export { AsnConvert } from '@peculiar/asn1-schema';
export {
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  ExtendedKeyUsage,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
