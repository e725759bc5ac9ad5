import { parseDocument, parseAllDocuments, Lexer, Parser, Schema } from "yaml";
let s="";for(let i=0;i<10000;i++)s+=`apiVersion: crd.alauda.io/v1
kind: Rule
metadata:
  name: rule-${i}
  namespace: cpaas-system
  labels:
    alb2.cpaas.io/name: alb-demo
    alb2.cpaas.io/frontend: alb-demo-00080
spec:
  priority: 5
  dslx:
    - type: HOST
      values:
        - [EQ, host-${i}.example.com]
    - type: URL
      values:
        - - STARTS_WITH
          - /api/v1/path-${i}
  serviceGroup:
    services:
      - name: echo
        namespace: default
        port: 80
        weight: 100
---
`;
const p=s.split(/^---\n/m);
let t=performance.now(); const lap=(n:string)=>{const x=performance.now();console.log(n,Math.round(x-t));t=performance.now()};
for(const x of p)for(const _ of new Lexer().lex(x));lap("lex");
for(const x of p)for(const _ of new Parser().parse(x));lap("lex+parse");
for(const x of p)parseDocument(x);lap("doc");
for(const x of p)parseDocument(x,{prettyErrors:false,merge:true});lap("doc merge");
const schema=parseDocument("a: 1",{merge:true}).schema as Schema;
for(const x of p)parseDocument(x,{prettyErrors:false,schema});lap("doc schema");
for(const x of p)parseDocument(x,{prettyErrors:false,schema,uniqueKeys:false});lap("doc schema nouniq");
for(const x of p)parseDocument(x,{prettyErrors:false,schema}).toJS();lap("doc schema toJS");
parseAllDocuments(s);lap("all");
